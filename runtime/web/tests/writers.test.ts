import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gunzipSync, gzipSync, unzipSync } from "fflate";
import { storedFile } from "../src/readers/stored-file.js";
import type { Csr, Dataset, GeneTable, Matrix } from "../src/readers/types.js";
import type { Annotated, Embedded } from "../src/tasks/types.js";
import { cellTable } from "../src/writers/cell-table.js";
import { csvLine } from "../src/writers/csv.js";
import { features } from "../src/writers/features.js";
import { geneTable } from "../src/writers/gene-table.js";
import { H5ad } from "../src/writers/h5ad.js";
import { numberText, shortNumber, writeNumber } from "../src/writers/numbers.js";
import { cellMatrices, type NamedCells, type PlacedCells, typeColumns } from "../src/writers/results.js";
import { stemOfCounts, stemOfPlaces, stemOfTypes, takenInObs } from "../src/writers/stems.js";
import { takenNames } from "../src/writers/taken.js";
import { TenxZip } from "../src/writers/tenx-zip.js";

const GENES: GeneTable = {
  index: ["CD3D", "a\tb", "é"],
  columns: [{ label: "gene_ids", isText: true, texts: ["ENSG00000167286", "", "ENSG00000000003"] }],
};
const JUDGED = { verdict: "fits", why: [] } as const;
const ANNOTATED: Annotated = {
  types: ["T cell", "unassigned"],
  probability: Float32Array.of(0.75, Number.NaN),
  reason: ["", 'not sure, "enough"'],
  typical: Float32Array.of(0.5, 0.25),
  leaves: ["CD4 T cell", "B cell"],
  probabilities: Float32Array.of(0.75, 0.25, 0.5, 0.5),
  judged: JUDGED,
  coverage: 0.9,
};
const EMBEDDED: Embedded = {
  key: "X_m",
  dimensions: ["1", "2"],
  coordinates: Float32Array.of(1.5, -2, Number.NaN, Number.NaN),
  judged: JUDGED,
  coverage: 0.9,
};
const NAMED: NamedCells = { annotated: ANNOTATED, stem: "cell_type", record: {} };
const PLACED: PlacedCells = { embedded: EMBEDDED, stem: "X_m", record: {} };

function block(rows: readonly (readonly (readonly [gene: number, value: number])[])[]): Csr {
  const entries = rows.flat();
  const indptr = new Float64Array(rows.length + 1);
  rows.forEach((row, cell) => {
    indptr[cell + 1] = indptr[cell] + row.length;
  });
  const indices = Int32Array.from(entries, ([gene]) => gene);
  return {
    cells: rows.length,
    genes: 3,
    indptr,
    indices,
    values: Float32Array.from(entries, ([, value]) => value),
  };
}

async function bytes(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function text(part: Uint8Array): string {
  return new TextDecoder().decode(part);
}

test("numbers are written so that every float32 is read back", () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const into = new Uint8Array(64);
  let state = 1;
  for (let at = 0; at < 200_000; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bits[0] = state;
    // Every other one of the size that counts have.
    const value = at % 2 ? float[0] : Math.fround((state / 2 ** 32) * 10 ** ((at % 11) - 4));
    if (!Number.isFinite(value)) continue;
    const written = text(into.subarray(0, writeNumber(into, 0, value)));
    assert.equal(Math.fround(Number(written)), value, written);
    assert.equal(Number(written), Number(value.toPrecision(9)), written);
  }
});

test("numbers have no digits that tell nothing", () => {
  const into = new Uint8Array(64);
  const written = (value: number) => text(into.subarray(0, writeNumber(into, 0, value)));
  assert.deepEqual([0, 7, 123456789, 0.5, Math.fround(0.1), 99.99999999, 1e-4, -2.25, 1e12, 1e-9].map(written), [
    "0",
    "7",
    "123456789",
    "0.5",
    "0.100000001",
    "100",
    "0.0001",
    "-2.25",
    "1000000000000",
    "1e-9",
  ]);
  assert.deepEqual([numberText(Number.NaN), shortNumber(Number.NaN), shortNumber(1 / 3)], ["", "", "0.333333"]);
});

test("fields are quoted as Python's csv module quotes them", () => {
  assert.equal(csvLine(["a", "b,c", 'd"e', "f\ng", "", " h"]), 'a,"b,c","d""e","f\ng",, h\n');
  assert.equal(csvLine([""]), '""\n');
});

test("the table of cells has Python's columns", async () => {
  const table = cellTable(["c1", "c,2"], NAMED, PLACED);
  assert.equal(
    text(await bytes(table)),
    "cell,cell_type,cell_type_probability,cell_type_reason,cell_type_typical," +
      "cell_type_probabilities:CD4 T cell,cell_type_probabilities:B cell,X_m:1,X_m:2\n" +
      "c1,T cell,0.75,,0.5,0.75,0.25,1.5,-2\n" +
      '"c,2",unassigned,,"not sure, ""enough""",0.25,0.5,0.5,,\n',
  );
});

test("the table of genes has two columns a gene", async () => {
  const gene = { name: "CD3D", observed: Float32Array.of(0, 3), filled: Float32Array.of(0.25, 3) };
  assert.equal(text(await bytes(geneTable(["a", "b"], [gene]))), "cell,CD3D,CD3D imputed\na,0,0.25\nb,3,3\n");
});

test("genes are listed as Cell Ranger lists them", () => {
  assert.equal(
    features(GENES),
    "ENSG00000167286\tCD3D\tGene Expression\na b\ta b\tGene Expression\nENSG00000000003\té\tGene Expression\n",
  );
  const ids = { index: ["ENSG00000167286"], columns: [{ label: "feature_name", isText: true, texts: ["CD3D"] }] };
  assert.equal(features(ids), "ENSG00000167286\tCD3D\tGene Expression\n");
  const named = { ...ids, columns: [{ label: "HGNC.symbol", isText: true, texts: [""] }] };
  assert.equal(features(named), "ENSG00000167286\tENSG00000167286\tGene Expression\n");
});

test("a 10x folder holds every value of every block", async () => {
  const record = { model: "m" };
  const zip = new TenxZip({
    folder: "x",
    cells: ["a", "b", "c"],
    genes: GENES,
    reasons: ["imputed", "", ""],
    record,
  });
  zip.add(
    block([
      [
        [0, 1],
        [2, 0.5],
      ],
      [],
    ]),
  );
  zip.add(block([[[1, 7]]]));
  const files = unzipSync(await bytes(zip.end()));
  assert.deepEqual(Object.keys(files).sort(), [
    "x/barcodes.tsv.gz",
    "x/cellfill.json",
    "x/cellfill_genes.tsv",
    "x/features.tsv.gz",
    "x/matrix.mtx.gz",
  ]);
  // fflate reads the first member alone: the others are those that begin behind it.
  const [first, second, comments, shape, ...values] = text(members(files["x/matrix.mtx.gz"])).split("\n");
  assert.equal(first, "%%MatrixMarket matrix coordinate real general");
  assert.match(second, /^% *$/);
  assert.equal(comments, "3 3 3");
  assert.deepEqual([shape, ...values], ["1 1 1", "3 1 0.5", "2 3 7", ""]);
  assert.equal(text(gunzipSync(files["x/barcodes.tsv.gz"])), "a\nb\nc\n");
  assert.deepEqual(JSON.parse(text(files["x/cellfill.json"])), record);
});

/** Read a gzip file of several members, each of which begins with the same ten bytes. */
function members(file: Uint8Array): Uint8Array {
  const starts: number[] = [];
  for (let at = 0; at < file.length - 3; at++)
    if (file[at] === 0x1f && file[at + 1] === 0x8b && file[at + 2] === 8) starts.push(at);
  const parts = starts.map((start, part) => gunzipSync(file.subarray(start, starts[part + 1] ?? file.length)));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function dataset(format: Dataset["format"], cells: readonly string[], genes: GeneTable): Dataset {
  const matrix: Matrix = {
    name: "X",
    layer: null,
    cells: cells.length,
    genes: genes.index.length,
    dtype: "float32",
    var: genes,
    read: async () =>
      block([
        [[0, 2]],
        [
          [1, 3],
          [2, 4],
        ],
      ]),
  };
  return {
    format,
    name: "x",
    cells: cells.length,
    var: genes,
    matrices: [matrix],
    cellNames: () => cells,
    obs: new Map(),
    notes: [],
    close() {},
  };
}

test("an AnnData file of another format's cells has matrix, names and results", async () => {
  const file = await H5ad.begin(dataset("10x-h5", ["a", "b"], GENES));
  file.addColumns("obs", typeColumns(NAMED));
  file.addCellMatrix("X_m", { name: "X_m", columns: ["1", "2"], values: EMBEDDED.coordinates });
  const layer = file.beginLayer("imputed");
  layer.add(
    block([
      [
        [0, 2],
        [1, 0.5],
      ],
    ]),
  );
  layer.add(block([[[2, 4]]]));
  layer.finish();
  file.addRecord("cellfill", { model: "m", cells: 2, coverage: 0.5, classes: ["a"], check: { verdict: "fits" } });
  assert.equal(stemOfTypes(file.taken("obs", "obsm", "uns")), "cell_type_2");
  assert.equal(stemOfPlaces("X_m", file.taken("obsm", "uns")), "X_m_2");
  assert.equal(stemOfCounts(file.taken("layers", "var", "uns")), "imputed_2");
  await opened(await file.end(), async (root) => {
    const texts = (path: string) => root.get(path)?.value;
    const numbers = (path: string) => Array.from(texts(path) as Iterable<number | bigint>, Number);
    assert.deepEqual(texts("obs/_index"), ["a", "b"]);
    assert.deepEqual(texts("var/_index"), GENES.index);
    assert.deepEqual(texts("obs/cell_type/categories"), ["T cell", "unassigned"]);
    assert.deepEqual(numbers("obs/cell_type/codes"), [0, 1]);
    assert.deepEqual(numbers("X/data"), [2, 3, 4]);
    assert.deepEqual(numbers("X/indptr"), [0, 1, 3]);
    assert.deepEqual(numbers("layers/imputed/data"), [2, 0.5, 4]);
    assert.deepEqual(numbers("layers/imputed/indices"), [0, 1, 2]);
    assert.deepEqual(numbers("layers/imputed/indptr"), [0, 2, 3]);
    assert.equal(root.get("uns/cellfill/check/verdict")?.value, "fits");
    assert.deepEqual(root.get("obs")?.attrs["column-order"].value, [...typeColumns(NAMED).keys()]);
    assert.equal(root.get("layers/imputed")?.attrs["encoding-type"].value, "csr_matrix");
  });
});

test("an AnnData file keeps all that was in it", async () => {
  const path = "../../examples/pbmc_sorted_300.h5ad";
  const content = await readFile(path);
  const packed = Uint8Array.from(gzipSync(content));
  const cells = Array.from({ length: 300 }, (_, cell) => `cell${cell}`);
  for (const own of [new File([content], "one.h5ad"), new File([packed], "one.h5ad.gz")]) {
    const file = await H5ad.begin({ ...dataset("h5ad", cells, GENES), own: storedFile(own) });
    file.addColumns("obs", new Map([["cell_type", cells.map(() => "B cell")]]));
    await opened(await file.end(), async (root) => {
      assert.deepEqual(root.get("obs")?.attrs["column-order"].value, ["sorted_type", "cell_type"]);
      assert.match(String(root.get("uns/source")?.value), /^10x Genomics/);
    });
  }
});

test("results have one stem, free in all parts, and the table and the file have the same", async () => {
  const none = { obs: new Set<string>(), obsm: new Set<string>(), uns: new Set<string>() };
  assert.equal(stemOfTypes(none), "cell_type");
  for (const name of ["cell_type", "cell_type_probability", "cell_type_reason", "cell_type_typical"])
    assert.equal(stemOfTypes(takenInObs([name, "other"])), "cell_type_2", name);
  assert.equal(stemOfTypes(takenInObs(["cell_type", "cell_type_2_reason"])), "cell_type_3");
  assert.equal(stemOfTypes(takenInObs(["cell/type"])), "cell_type_2");
  assert.equal(stemOfTypes({ ...none, obsm: new Set(["cell_type_probabilities"]) }), "cell_type_2");
  assert.equal(stemOfTypes({ ...none, uns: new Set(["cellfill_cell_type"]) }), "cell_type_2");
  assert.equal(stemOfPlaces("X_m", { ...none, uns: new Set(["cellfill_X_m"]) }), "X_m_2");
  assert.equal(stemOfCounts({ uns: new Set(["cellfill"]) }), "imputed_2");
  const again = { ...NAMED, stem: "cell_type_2" };
  const names = ["cell_type_2", "cell_type_2_probability", "cell_type_2_reason", "cell_type_2_typical"];
  assert.deepEqual([...typeColumns(again).keys()], names);
  assert.deepEqual(
    cellMatrices(again, { ...PLACED, stem: "X_m_2" }).map(({ name }) => name),
    ["cell_type_2_probabilities", "X_m_2"],
  );
  const [head] = text(await bytes(cellTable(["a", "b"], again, null))).split("\n");
  assert.ok(head.startsWith(`cell,${names.join(",")},cell_type_2_probabilities:CD4 T cell,`), head);
});

test("names that a file has are seen though no map can be coloured by them", async () => {
  const made = await H5ad.begin(dataset("10x-h5", ["a", "b"], GENES));
  made.addColumns("obs", new Map([["cell_type", Float32Array.of(1, 2)]]));
  made.addCellMatrix("X_m", { name: "X_m", columns: ["1", "2"], values: EMBEDDED.coordinates });
  const own = storedFile(new File([await made.end()], "own.h5ad"));
  const found = dataset("h5ad", ["a", "b"], GENES);
  const taken = await takenNames({ ...found, own });
  assert.equal(stemOfTypes(taken), "cell_type_2");
  assert.equal(stemOfPlaces("X_m", taken), "X_m_2");
  const broken = storedFile(new File([new Uint8Array(100)], "own.h5ad"));
  assert.equal(stemOfTypes(await takenNames({ ...found, own: broken })), "cell_type");
  assert.equal(
    stemOfTypes(await takenNames({ ...found, own: broken, obs: new Map([["cell_type", ["x", "y"]]]) })),
    "cell_type_2",
  );
});

type Found = { readonly attrs: Record<string, { value: unknown }>; readonly value: unknown };
type Root = { get(path: string): Found | null };

async function opened(blob: Blob, look: (root: Root) => Promise<void>): Promise<void> {
  const { File: Hdf5File, ready } = await import("h5wasm");
  const { FS } = await ready;
  const path = `/tmp/cellfill-test-${process.pid}.h5ad`;
  FS.writeFile(path, await bytes(blob));
  const file = new Hdf5File(path, "r");
  try {
    await look(file as unknown as Root);
  } finally {
    file.close();
    FS.unlink(path);
  }
}
