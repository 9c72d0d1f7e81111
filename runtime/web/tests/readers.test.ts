/** The same cells in every format, and tables of every kind; what is read is Python's, see tests/runtime/test_cases_readers.py. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Group, File as Hdf5File, ready } from "h5wasm";
import { DataError } from "../src/errors.js";
import { openDataset } from "../src/readers/open.js";
import { geneScore } from "../src/readers/table/orientation.js";
import type { Csr, Dataset } from "../src/readers/types.js";

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
  assert.match(await refused([new File([Uint8Array.of(0x1f, 0x8b, 8, 0)], "in.h5ad")]), /gunzip -k in\.h5ad$/);
});

/** A small AnnData file, changed while it is written. */
async function crafted(change: (root: Hdf5File) => void): Promise<File> {
  await ready;
  const folder = mkdtempSync(join(tmpdir(), "cellfill-test-"));
  try {
    const root = new Hdf5File(join(folder, "in.h5ad"), "w");
    for (const [frame, names] of Object.entries({ obs: ["a", "b"], var: ["CD3D", "LYZ", "MS4A1"] })) {
      const group = root.create_group(frame);
      group.create_attribute("encoding-type", "dataframe");
      group.create_attribute("_index", "_index");
      group.create_dataset({ name: "_index", data: names });
    }
    const x = root.create_group("X");
    x.create_attribute("encoding-type", "csr_matrix");
    x.create_attribute("shape", Int32Array.of(2, 3));
    x.create_dataset({ name: "data", data: Float32Array.of(1, 2, 3) });
    x.create_dataset({ name: "indices", data: Int32Array.of(0, 2, 1) });
    x.create_dataset({ name: "indptr", data: Int32Array.of(0, 2, 3) });
    change(root);
    root.close();
    return new File([readFileSync(join(folder, "in.h5ad"))], "in.h5ad");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

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
