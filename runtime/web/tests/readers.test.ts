/** The same cells in every format, and tables of every kind; what is read is Python's, see tests/runtime/test_cases_readers.py. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Group, File as Hdf5File } from "h5wasm";
import { DataError } from "../src/errors.js";
import { MOST_TEXTS } from "../src/readers/bounds.js";
import { LazyColumns } from "../src/readers/h5ad/frames.js";
import { openHdf5 } from "../src/readers/hdf5/elements.js";
import { unpackedHdf5 } from "../src/readers/hdf5/packed.js";
import { openDataset } from "../src/readers/open.js";
import { storedFile } from "../src/readers/stored-file.js";
import { geneScore } from "../src/readers/table/orientation.js";
import type { Csr, Dataset } from "../src/readers/types.js";
import { H5ad } from "../src/writers/h5ad.js";
import { addCsr, crafted } from "./crafted.js";

type Rows = readonly (readonly (number | string)[])[];

interface Answer {
  readonly refused?: string;
  readonly cells: readonly string[];
  readonly genes: readonly string[];
  readonly columns: readonly {
    readonly label: string;
    readonly isText: boolean;
    readonly texts: readonly string[];
  }[];
  readonly obs: Readonly<Record<string, readonly string[]>>;
  readonly notes: readonly string[];
  /** Rows, or the name of a matrix that has the same. */
  readonly matrices: Readonly<Record<string, { readonly dtype: string; readonly rows: Rows | string }>>;
}

interface Cases {
  readonly formats: readonly { readonly name: string; readonly answer: Answer }[];
  readonly tables: readonly { readonly name: string; readonly bytes: string; readonly answer: Answer }[];
  readonly names: readonly { readonly name: string; readonly names: readonly string[]; readonly score: number }[];
}

const FOLDER = "../../tests/data/cases";
const CASES = JSON.parse(readFileSync(join(FOLDER, "readers.json"), "utf8")) as Cases;

function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  const path = join(FOLDER, "readers", name);
  return new Uint8Array(/\.h5(ad)?$/.test(name) ? gunzipSync(readFileSync(`${path}.gz`)) : readFileSync(path));
}

/** The files of a case: one, or those of a folder. */
function filesOf(name: string): File[] {
  if (/\.h5(ad)?$/.test(name) || !statSync(join(FOLDER, "readers", name)).isDirectory())
    return [new File([bytesOf(name)], name)];
  return readdirSync(join(FOLDER, "readers", name)).map((file) => new File([bytesOf(`${name}/${file}`)], file));
}

function rowsOf({ cells, genes, indptr, indices, values }: Csr): number[][] {
  return Array.from({ length: cells }, (_, cell) => {
    const row = new Array<number>(genes).fill(0);
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) {
      assert.ok(i === indptr[cell] || indices[i] > indices[i - 1], "columns ascend");
      assert.notEqual(values[i], 0);
      row[indices[i]] = values[i];
    }
    return row;
  });
}

const ODD: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };

async function check(dataset: Dataset, answer: Answer): Promise<void> {
  assert.deepEqual(dataset.cellNames(), answer.cells);
  assert.equal(dataset.cells, answer.cells.length);
  assert.deepEqual(dataset.var.index, answer.genes);
  assert.deepEqual(dataset.var.columns, answer.columns);
  assert.deepEqual(Object.fromEntries(dataset.obs), answer.obs);
  assert.deepEqual(dataset.notes, answer.notes);
  assert.deepEqual(
    dataset.matrices.map(({ name }) => name),
    Object.keys(answer.matrices),
  );
  for (const matrix of dataset.matrices) {
    const { dtype, rows } = answer.matrices[matrix.name];
    const wanted = typeof rows === "string" ? (answer.matrices[rows].rows as Rows) : rows;
    const numbers = wanted.map((row) => row.map((value) => (typeof value === "string" ? ODD[value] : value)));
    assert.equal(matrix.dtype, dtype);
    assert.deepEqual(rowsOf(await matrix.read(0, dataset.cells)), numbers, matrix.name);
    for (const size of [1, 5]) {
      const parts: number[][] = [];
      for (let from = 0; from < dataset.cells; from += size)
        parts.push(...rowsOf(await matrix.read(from, from + size)));
      assert.deepEqual(parts, numbers, `${matrix.name}, ${size} cells at a time`);
    }
    assert.deepEqual(rowsOf(await matrix.read(2, 3)), numbers.slice(2, 3), "back again");
  }
}

for (const { name, answer } of CASES.formats)
  test(`the cells of ${name}`, async () => {
    const dataset = await openDataset(filesOf(name));
    try {
      await check(dataset, answer);
    } finally {
      dataset.close();
    }
  });

for (const { name, bytes, answer } of CASES.tables)
  test(`a table: ${name}`, async () => {
    const opening = openDataset([new File([Buffer.from(bytes, "base64")], "in.csv")]);
    if (answer.refused === undefined) await check(await opening, answer);
    else await assert.rejects(opening, (error) => error instanceof DataError && error.message === answer.refused);
  });

for (const { name, names, score } of CASES.names)
  test(`names as ${name}`, () => assert.ok(Math.abs(geneScore(names) - score) < 1e-12));

async function refused(files: readonly File[]): Promise<string> {
  try {
    const dataset = await openDataset(files);
    for (const matrix of dataset.matrices) await matrix.read(0, dataset.cells);
    dataset.close();
  } catch (error) {
    assert.ok(error instanceof DataError, String(error));
    return error.message;
  }
  return "";
}

test("a file that was cut anywhere is refused in one line that names it", async () => {
  for (const name of ["layers.h5ad", "cell-ranger-3.h5"]) {
    const whole = bytesOf(name);
    for (let share = 0.05; share < 1; share += 0.1) {
      const said = await refused([new File([whole.slice(0, whole.length * share)], name)]);
      assert.match(said, new RegExp(`^${name} cannot be read as .*fetch it again\\.$`));
    }
  }
});

test("a matrix that was cut short is refused", async () => {
  const files = filesOf("cell-ranger").map((file) =>
    file.name.startsWith("matrix") ? new File([file.slice(0, file.size - 30)], file.name) : file,
  );
  assert.match(await refused(files), /^matrix\.mtx\.gz cannot be read .*end-of-stream/);
});

test("what is chosen together must go together", async () => {
  const [first] = filesOf("cell-ranger").filter(({ name }) => name.startsWith("matrix"));
  assert.match(await refused([first]), /has no features\.tsv or genes\.tsv \(10x\) beside matrix\.mtx\.gz/);
  const two = ["csc.h5ad", "dense.h5ad"].flatMap(filesOf);
  assert.match(await refused(two), /^2 datasets were chosen \(csc\.h5ad, dense\.h5ad\)/);
  assert.match(await refused([]), /there is no file/);
  assert.match(await refused([new File(["x"], "genes.tsv"), new File(["y"], "README")]), /folder without data/);
});

test("a matrix is not believed what it says of its size", async () => {
  const matrix = "%%MatrixMarket matrix coordinate integer general\n2 1 900000000\n1 1 1\n";
  const names = [new File(["A\nB\n"], "features.tsv"), new File(["c\n"], "barcodes.tsv")];
  assert.match(
    await refused([new File([matrix], "matrix.mtx"), ...names]),
    /900,000,000 values, more than it can hold/,
  );
  const beyond = matrix.replace("900000000\n1 1 1", "1\n3 1 1");
  assert.match(await refused([new File([beyond], "matrix.mtx"), ...names]), /Line 3: Row index out of bounds/);
});

test("other files are refused with the way round", async () => {
  const text = (name: string): File => new File(["nothing"], name);
  assert.match(await refused([text("in.rds")]), /writeH5AD/);
  assert.match(await refused([text("in.h5ad")]), /not an HDF5 file/);
  assert.match(await refused([text("in.zarr")]), /is a zarr store/);
  assert.match(await refused([text("in.zip")]), /it is no zip archive/);
  assert.match(await refused([new File([], "in.h5")]), /it is empty \(zero bytes\)/);
  const packed = (content: string): File => new File([gzipSync(content)], "in.h5ad");
  const cut = gzipSync(bytesOf("layers.h5ad")).subarray(0, -500);
  assert.match(await refused([new File([cut], "in.h5ad")]), /^in\.h5ad cannot be read as \.h5ad: .*end-of-stream/);
  assert.match(await refused([packed("nothing at all")]), /not an HDF5 file/);
  for (const start of ["X\n\0\0\0\x03", "A\n3\n26", "RDX3\nX\n"])
    for (const file of [packed(start), new File([start], "in.h5ad")])
      assert.match(await refused([file]), /^in\.h5ad is R data, .*DropletUtils::write10xCounts/);
});

test("a file that a stranger made is read as far as it is sound", async () => {
  const dataset = await openDataset([await crafted(() => undefined)]);
  const rows = [
    [1, 0, 2],
    [0, 3, 0],
  ];
  assert.deepEqual(rowsOf(await dataset.matrices[0].read(-5, 99)), rows);
  dataset.close();
});

const UNSOUND: Readonly<Record<string, [(root: Hdf5File) => unknown, RegExp]>> = {
  "a layer in another file": [
    (root) => root.create_group("layers").create_external_link("/other.h5", "/X", "counts"),
    /does not hold all its data: layers\/counts is a link into another file/,
  ],
  "X in another file": [
    (root) => root.create_external_link("/other.h5", "/X", "raw"),
    /^in\.h5ad does not hold all its data: raw is a link into another file/,
  ],
  "more cells than any": [
    (root) => {
      const x = root.get("X") as Group;
      x.delete_attribute("shape");
      x.create_attribute("shape", BigInt64Array.of(10n ** 15n, 3n));
    },
    /it says that it has 1,000,000,000,000,000 cells, more than 50,000,000/,
  ],
  "a column named twice": [
    (root) => (root.get("var") as Group).create_attribute("column-order", ["n", "n"]),
    /column-order of \/var names 'n' more than once/,
  ],
  "a record in another file": [
    (root) => root.create_group("uns").create_external_link("/other.h5", "/z", "z"),
    /does not hold all its data: uns\/z is a link into another file/,
  ],
  "places of cells in another file": [
    (root) => root.create_external_link("/other.h5", "/obsm", "obsm"),
    /does not hold all its data: obsm is a link into another file/,
  ],
  "groups in groups in groups": [
    (root) => {
      let group: Group = root;
      for (let depth = 0; depth < 51; depth++) group = group.create_group("deeper");
    },
    /is not read: its groups are nested more than 50 deep/,
  ],
  "groups of many names": [
    (root) => Array.from({ length: 9 }, (_, i) => root.create_hard_link("/X", `same${i}`)),
    /is not read: its more than 8 groups have a second name/,
  ],
  "a row of more entries than there is room for": [
    (root) => {
      const raw = root.create_group("raw");
      root.create_hard_link("/var", "raw/var");
      const ones = new Array<number>(1500).fill(1);
      addCsr(raw, [2, 3], ones, ones, [0, 1500, 1500]);
    },
    /a row or column of it has 1,500 entries where there is room for 3/,
  ],
  "layers that lead nowhere": [
    (root) => root.create_soft_link("/nowhere", "layers"),
    /its layers cannot be opened/,
  ],
  "several modalities": [
    (root) => {
      root.create_attribute("encoding-type", "MuData");
      root.create_group("mod").create_group("rna");
    },
    /is a MuData, with 1 modalities \(rna\)/,
  ],
};

for (const [name, [change, message]] of Object.entries(UNSOUND))
  test(`refused: ${name}`, async () => {
    const file = await crafted((root) => void change(root));
    assert.match(await refused([file]), message);
  });

/** AnnData whose X is 24 bytes of other.bin; h5py wrote it, with old headers and with new ones. */
const STORED_ELSEWHERE = [
  "H4sIAAAAAAACA+1YvU4CQRCeveO8DUEDEcNpIyWVwX9KTcBQqVELOgUlgQaIGmMnsTrfwEfwUSh9BB7B0g7v2BnCLtxFUBOV/ZrJ7M63u7f73ezNPRXzB/PRlSj44BwiEIdh9BDvy7JP/RdoGVoX7YtB7azf52B7AsdX485OCgU/uqeA5ulawsqr05gVFAv7x74toZ9G2zHkuGblpm/vytcwHE/6zE04LwNT0m8cFZixcV3wOf22UbhcH6XW71Aecy05rq7otfjFeU8Pj/K+hkm/mVR4POkzbSrrQL+m5OFOQo57Qz+e/F/nR/eWug8xyODz297ecTivN66q9wCLTOwJGzlXS7Qx8sXJMCYaKJ2RNb0x/R4az0LfMAwmzkvwTdbmMpPw/Kv3tVwpVy51etDQ0NDQ0JgpiO9TNvjubNl6T6ZBUJ3qJierU7tLuk7VdeponZpN/mydSvWVWj9+d31lDuqqSeurRy4z/0Z9pebX16TW+HT5dUHRFerSYEq9DmN9/w+MH5lIr0JE/GGBFIfUA/arurO98Unf/vnlnPF52Rn8tyGdUkZ3pLgYZAf3RMyLLmfxPeM05p70PoNyj7RwOJfJecJR8kBJnhaat7Xq9Vql3ghax3r4OlgQbyOcZwTxNsN5ZhBvK5wXCeJth/OsIN5OOG8uiLcbzqPPqw8CTZLq+BkAAA==",
  "H4sIAAAAAAACA+v0cHHj5ZLiYubgYICB/1DAChUygIp7Pn/D4+/hEsSk8PIqVzYyrmASQtYIA1xMDIwMDGx8DECKOT+p+DDUIKhIWWJREhNUhAckwhjByAJVosJAFBAoEjQjw0miQgwsmHI8sgwMzAzsDBwgyfjMvJTUCgZhRpDDGBhA7syEujIzjBFqvSAWJ/0WnDML7CSgSkYRoE5GRkaoLxlgNDMHAyPMZFagi5i5OICuZWFk4EBVx7CHYUgD5qsXL9I/er4y4Ymeq1k69ejRwwxzLoHoYeJAVTfUo2evk9wSeFgAcxwTEyKpMqMnWRgtwsAoqCDPAMmoCgziHAzi9fBwYtcAmsQAjgYGXlaIDg40WyVgeVeAgcEVqoYPmqNwxLwKyH5mBh6QZKIBgwAHzFQHRFYBAlR1hhjqGOHFBmZYFDJ8uOjh6hiA7EKYel1WVLX5JRmpRXpJmXlQvr+zhzckhcBcLIHVRUYYLmLCqs4YQx0zVnUmGOpYsKozxVDHilWdGYY6NqzqzDHUsUPVXdT6F8MwCoYOSExKTEoGAKyINYoFCAAA",
];

test("refused: values that are stored in another file", async () => {
  for (const packed of STORED_ELSEWHERE) {
    const file = new File([new Uint8Array(gunzipSync(Buffer.from(packed, "base64")))], "in.h5ad");
    assert.match(await refused([file]), /^in\.h5ad does not hold all its data: X is stored in another file/);
  }
});

test("categories that are their own column are left out", async () => {
  const file = await crafted((root) => {
    for (const [frame, rows] of [
      ["obs", 2],
      ["var", 3],
    ] as const) {
      const column = (root.get(frame) as Group).create_group("own");
      column.create_attribute("encoding-type", "categorical");
      column.create_dataset({ name: "codes", data: new Int8Array(rows) });
      root.create_hard_link(`/${frame}/own`, `${frame}/own/categories`);
      (root.get(frame) as Group).create_attribute("column-order", ["own"]);
    }
  });
  const dataset = await openDataset([file]);
  assert.deepEqual(dataset.var.columns, []);
  assert.deepEqual([...dataset.obs.keys()], []);
  dataset.close();
});

test("columns beyond what a page can hold are left out, and said to be", async () => {
  const genes = 1_000_000;
  const names = Array.from({ length: MOST_TEXTS / genes + 2 }, (_, i) => `n${i}`);
  const file = await crafted((root) => {
    const frame = root.create_group("raw").create_group("var");
    frame.create_attribute("_index", "_index");
    frame.create_attribute("column-order", names);
    frame.create_dataset({ name: "_index", data: new Int8Array(genes), chunks: [genes], compression: 9 });
    for (const name of names) root.create_hard_link("/raw/var/_index", `raw/var/${name}`);
    addCsr(root.get("raw") as Group, [2, genes], [1, 2, 3], [0, 2, 1], [0, 2, 3]);
  });
  const dataset = await openDataset([file]);
  assert.equal(dataset.matrices[1].var.columns.length, MOST_TEXTS / genes);
  assert.match(
    dataset.notes[0],
    /^Not read, since there are more than 20,000,000 values .*: 2 columns .*\(n20, n21\)/,
  );
  dataset.close();
});

test("of columns that were asked for, those that were asked for last are kept", () => {
  let reads = 0;
  const texts = new Array<string>(MOST_TEXTS / 2);
  const columns = new LazyColumns(["a", "b", "c"], () => {
    reads++;
    return texts;
  });
  for (const label of ["a", "b", "a", "c", "a", "c", "b"]) columns.get(label);
  assert.equal(reads, 4);
});

test("a gzipped HDF5 file is read, and results are added to all that is in it", async () => {
  const whole = await crafted((root) => {
    root.create_group("uns").create_group("kept");
    for (const frame of ["obs", "var"]) (root.get(frame) as Group).create_attribute("column-order", ["_index"]);
  });
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const members = [bytes.subarray(0, 700), bytes.subarray(700)].map((part) => gzipSync(part));
  for (const [packed, name] of [
    [[gzipSync(bytes)], "in.h5ad.gz"],
    [members, "in.h5ad"],
    [members, "in"],
  ] as const) {
    const file = new File([...packed], name);
    const dataset = await openDataset([file]);
    assert.deepEqual(rowsOf(await dataset.matrices[0].read(0, 2)), [
      [1, 0, 2],
      [0, 3, 0],
    ]);
    const written = await openHdf5(await (await H5ad.begin(dataset)).end(), name);
    assert.ok(written.root.group("uns").has("kept"));
    written.close();
    dataset.close();
  }
  const packed = storedFile(new File([gzipSync(bytes)], "in.h5ad.gz"));
  await assert.rejects(
    unpackedHdf5(packed, bytes.length - 1),
    /^DataError: in\.h5ad\.gz is compressed, and holds more/,
  );
});

test("a table of separators alone is refused before it is parted", async () => {
  const before = process.resourceUsage().maxRSS;
  const line = new Blob([new Uint8Array(10_000_000).fill(44), "\n"]);
  const file = new File(Array<Blob>(6).fill(line), "in.csv");
  assert.match(await refused([file]), /^in\.csv has more than 500,000 columns/);
  assert.ok(process.resourceUsage().maxRSS - before < 500_000, "kB; parted by commas it is 2 GB");
});

test("of the lines before a table only the last is kept, and they are not without end", async () => {
  const line = new Blob(["#", new Uint8Array(8_000_000).fill(120), "\n"]);
  const table = "cell,CD3D,LYZ\na,1,2\nb,3,4\n";
  const dataset = await openDataset([new File([line, "#one\n", table], "in.csv")]);
  assert.deepEqual(dataset.cellNames(), ["a", "b"]);
  const many = new File([...Array<Blob>(9).fill(line), table], "in.csv");
  assert.match(await refused([many]), /^in\.csv has more than 67,108,864 characters in lines of # before a table/);
});
