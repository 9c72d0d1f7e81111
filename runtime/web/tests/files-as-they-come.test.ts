/** Files as people have them: genes without a symbol, archives, files beside others, and of other times. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { zipSync } from "fflate";
import type { Group } from "h5wasm";
import { withoutMissing } from "../src/genes/missing.js";
import { geneNames, open } from "../src/page/jobs/opened.js";
import { openHdf5 } from "../src/readers/hdf5/elements.js";
import { openDataset } from "../src/readers/open.js";
import { storedFile } from "../src/readers/stored-file.js";
import type { Dataset, GeneTable } from "../src/readers/types.js";
import { features } from "../src/writers/features.js";
import { H5ad } from "../src/writers/h5ad.js";
import { takenNames } from "../src/writers/taken.js";
import { crafted } from "./crafted.js";

const IDS = ["ENSG00000167286", "ENSG00000090382", "ENSG00000156738"];

test("what is missing stands for several genes; of one gene it is a name", () => {
  for (const missing of ["nan", "NaN", "<NA>", "None", "NA"])
    assert.deepEqual(withoutMissing(["CD3D", missing, missing, "LYZ"]), ["CD3D", "", "", "LYZ"]);
  assert.deepEqual(withoutMissing(["ninaE", "nan", "NA"]), ["ninaE", "nan", "NA"]);
});

/** A file whose genes and cells have columns in which values are absent. */
function withAbsent(): Promise<File> {
  return crafted((root) => {
    for (const [name, rows] of [
      ["obs", 2],
      ["var", 3],
    ] as const) {
      const frame = root.get(name) as Group;
      const kinds = frame.create_group("feature_name");
      kinds.create_attribute("encoding-type", "categorical");
      kinds.create_dataset({ name: "codes", data: Int8Array.of(-1, 0, 0).subarray(0, rows) });
      kinds.create_dataset({ name: "categories", data: ["CD3D"] });
      const masked = frame.create_group("gene_name");
      masked.create_attribute("encoding-type", "nullable-string-array");
      masked.create_dataset({ name: "values", data: ["", "LYZ", "MS4A1"].slice(0, rows) });
      masked.create_dataset({ name: "mask", data: Uint8Array.of(1, 0, 0).subarray(0, rows) });
      frame.create_dataset({ name: "by_R", data: ["NA", "NA", "MS4A1"].slice(0, rows) });
      frame.create_dataset({ name: "mean", data: Float32Array.of(Number.NaN, 1, 2).subarray(0, rows) });
      frame.create_attribute("column-order", ["feature_name", "gene_name", "by_R", "mean"]);
    }
  });
}

test("genes of an .h5ad without a symbol have none, and cells keep what Python shows", async () => {
  const dataset = await openDataset([await withAbsent()]);
  const columns = dataset.var.columns.map(({ texts }) => texts);
  assert.deepEqual(columns, [
    ["", "CD3D", "CD3D"],
    ["", "LYZ", "MS4A1"],
    ["", "", "MS4A1"],
    ["", "1.0", "2.0"],
  ]);
  assert.deepEqual(dataset.obs.get("feature_name"), ["nan", "CD3D"]);
  assert.deepEqual(dataset.obs.get("by_R"), ["NA", "NA"]);
  dataset.close();
});

const MATRIX = "%%MatrixMarket matrix coordinate integer general\n3 1 2\n";

/** A 10x folder. */
function folder(values: string, genes: string): Promise<Dataset> {
  const files = { "matrix.mtx": MATRIX + values, "features.tsv": genes, "barcodes.tsv": "c\n" };
  return openDataset(Object.entries(files).map(([name, text]) => new File([text], name)));
}

test("values of a matrix are what they are, whatever its head says", async () => {
  for (const [value, number, dtype] of [
    ["1e+05", 100_000, "int64"],
    ["1.0", 1, "int64"],
    ["1.75", 1.75, "float64"],
  ] as const) {
    const { matrices } = await folder(`1 1 ${value}\n3 1 2\n`, "A\nB\nC\n");
    assert.equal(matrices[0].dtype, dtype);
    assert.deepEqual([...(await matrices[0].read(0, 1)).values], [number, 2]);
  }
  await assert.rejects(folder("1.5 1 1\n3 1 2\n", "A\nB\nC\n"), /Line 3: Invalid integer value/);
  await assert.rejects(folder("1 1 x\n3 1 2\n", "A\nB\nC\n"), /Line 3: Invalid floating-point value/);
});

test("a short row of features takes nothing from the others", async () => {
  const type = "Gene Expression";
  const dataset = await folder("1 1 1\n3 1 2\n", `${IDS[0]}\tCD3D\t${type}\nmCherry\n${IDS[1]}\t\t${type}\n`);
  assert.deepEqual(dataset.var.index, ["CD3D", "mCherry", IDS[1]]);
  assert.deepEqual(dataset.var.columns.at(-1), { label: "feature_types", isText: true, texts: [type, "", type] });
});

test("genes are shown by their symbols, whatever the column of these is called", () => {
  const symbols = ["CD3D", "LYZ", ""];
  const column = (label: string, texts: readonly string[]) => ({ label, isText: true, texts });
  const census = { index: ["0", "1", "2"], columns: [column("feature_id", IDS), column("feature_name", symbols)] };
  assert.deepEqual(geneNames(census), ["CD3D", "LYZ", IDS[2]]);
  assert.match(features(census), /^ENSG00000167286\tCD3D\tGene Expression\n/);
  for (const label of ["hgnc_symbol", "external_gene_name", "gene_short_name", "Symbol"]) {
    const genes: GeneTable = { index: IDS, columns: [column("gene_id", IDS), column(label, symbols)] };
    assert.deepEqual(geneNames(genes), ["CD3D", "LYZ", IDS[2]]);
    const lines = IDS.map((id, gene) => `${id}\t${symbols[gene] || id}\tGene Expression\n`);
    assert.equal(features(genes), lines.join(""));
  }
});

/** Names of what uns holds of a dataset that is saved. */
async function keptOf(dataset: Dataset): Promise<string[]> {
  const written = await H5ad.begin(dataset);
  written.addColumns("obs", new Map([["cell_type", ["B cell", "B cell"]]]));
  const file = openHdf5(await written.end(), "out.h5ad");
  const { root } = await file;
  const found = [...(root.has("uns") ? root.group("uns").names() : []), ...root.group("obs").names()];
  (await file).close();
  return found;
}

test("an .h5ad keeps all that is in it beside other files, and in an archive", async () => {
  const file = await crafted((root) => {
    root.create_group("uns").create_group("kept");
    (root.get("obs") as Group).create_dataset({ name: "label", data: ["x", "y"] });
    (root.get("obs") as Group).create_attribute("column-order", "label");
    (root.get("var") as Group).create_attribute("column-order", "_index");
  });
  const bytes = new Uint8Array(await file.arrayBuffer());
  const beside = [file, new File(["x"], "README")];
  const archive = [new File([zipSync({ "in/in.h5ad": bytes }) as Uint8Array<ArrayBuffer>], "in.zip")];
  for (const chosen of [beside, archive]) {
    const dataset = await openDataset(chosen);
    assert.deepEqual((await keptOf(dataset)).sort(), ["_index", "cell_type", "kept", "label"]);
    assert.ok((await takenNames(dataset)).uns?.has("kept"));
    const again = await H5ad.begin(dataset);
    again.addColumns("obs", new Map([["cell_type", ["B cell", "B cell"]]]));
    const found = await openDataset([new File([await again.end()], "out.h5ad")]);
    assert.deepEqual([...found.obs.keys()], ["label", "cell_type"]);
    found.close();
    dataset.close();
  }
});

test("what HDF5 does not open is written anew", async () => {
  const dataset = await openDataset([await crafted(() => undefined)]);
  const own = storedFile(new File([zipSync({ a: new Uint8Array(9) }) as Uint8Array<ArrayBuffer>], "in.zip"));
  assert.ok((await keptOf({ ...dataset, own })).includes("cell_type"));
  dataset.close();
});

test("what is lost of an old file is said", async () => {
  const seen = async (name: string) => {
    const packed = readFileSync(`../../tests/data/cases/readers/${name}.gz`);
    const { opened, seen } = await open([new File([new Uint8Array(gunzipSync(packed))], name)], null);
    opened?.dataset.close();
    return seen;
  };
  const old = await seen("anndata-0.6.h5ad");
  assert.ok(old.isOld && old.notes.some((note) => /without numbers of the cells, obsm and uns/.test(note)));
  for (const name of ["anndata-0.7.h5ad", "cell-ranger-3.h5"]) {
    const { isOld, notes } = await seen(name);
    assert.ok(!isOld && !notes.some((note) => /obsm/.test(note)), name);
  }
});
