/** 10x Genomics `.h5`: genes x cells in CSC is cells x genes in CSR, so cells come straight from the file. */

import { DataError } from "../../errors.js";
import { withoutMissing } from "../../genes/missing.js";
import { columnsLeftOut, MOST_TEXTS } from "../bounds.js";
import { readingNow } from "../failures.js";
import { realText } from "../h5ad/columns.js";
import { guarded } from "../h5ad/h5ad.js";
import { type Element, Group, type Hdf5 } from "../hdf5/elements.js";
import type { StoredArray } from "../hdf5/stored-array.js";
import { storedCsr } from "../rows.js";
import type { Dataset, GeneColumn, GeneTable } from "../types.js";

const KIND = "10x .h5";
/** Columns of var as scanpy.read_10x_h5 names them, by the field of the file. */
const VERSION_3: Readonly<Record<string, string>> = {
  id: "gene_ids",
  feature_type: "feature_types",
  genome: "genome",
};
const NUMBERS = ["integer", "float", "bool"];

/**
 * The dataset of a file of Cell Ranger 3 or later (group `matrix`) or 2 (a group named by the genome).
 *
 * @throws DataError when it is damaged, or holds several genomes
 */
export function tenxH5Dataset(file: Hdf5, name: string): Dataset {
  return readingNow(name, KIND, () => {
    const group = matrixOf(file.root, name);
    const leftOut: string[] = [];
    const var_ = group.has("features") ? genesOf3(group.group("features"), leftOut) : genesOf2(group);
    const names = textsOf(group.array("barcodes"));
    const [genes, cells] = group.array("shape").integers();
    if (genes !== var_.index.length || cells !== names.length)
      throw new DataError(
        `${name} cannot be read as ${KIND}: the matrix is ${genes} genes x ${cells} cells, but there are names of ` +
          `${var_.index.length} and ${names.length}. It is damaged: fetch it again.`,
      );
    const parts = { data: group.array("data"), indices: group.array("indices"), indptr: group.array("indptr") };
    const rows = storedCsr(parts, cells, genes);
    return {
      format: "10x-h5",
      name,
      cells,
      var: var_,
      matrices: [guarded({ name: "X", layer: null, rows, var: var_ }, name, KIND)],
      cellNames: () => names,
      obs: new Map(),
      notes: columnsLeftOut(leftOut),
      close: file.close,
    };
  });
}

function matrixOf(root: Group, name: string): Group {
  if (root.has("matrix")) return root.group("matrix");
  const genomes = root.names().filter((genome) => {
    const group = root.get(genome);
    return group instanceof Group && group.has("barcodes");
  });
  if (genomes.length === 1) return root.group(genomes[0]);
  throw new DataError(
    `${name} holds ${genomes.length} genomes (${genomes.join(", ")}), and a model is of one species: save one alone, ` +
      `scanpy.read_10x_h5(path, genome='${genomes[0] ?? ""}').write('one.h5ad').`,
  );
}

function genesOf3(features: Group, leftOut: string[]): GeneTable {
  const usual: GeneColumn[] = [];
  for (const [field, label] of Object.entries(VERSION_3))
    if (features.has(field)) usual.push(columnOfTexts(label, textsOf(features.array(field))));
  const index = textsOf(features.array(features.has("name") ? "name" : "id"));
  for (const field of features.names()) {
    const values = features.get(field);
    if (!isFurther(field, values, index.length)) continue;
    if ((usual.length + 1) * index.length > MOST_TEXTS) leftOut.push(field);
    else usual.push(columnOf(field, values));
  }
  return { index, columns: usual };
}

/** Whether it is one value a feature: interval, pattern, read, sequence, and what CellBender adds. */
function isFurther(field: string, values: Element, features: number): values is StoredArray {
  if (field in VERSION_3 || field === "name" || field.startsWith("_") || values instanceof Group) return false;
  const { shape, kind } = values;
  return shape.length === 1 && shape[0] === features && (kind === "text" || NUMBERS.includes(kind));
}

function columnOf(label: string, values: StoredArray): GeneColumn {
  if (values.kind === "text") return columnOfTexts(label, values.texts());
  const asText =
    values.kind === "float"
      ? (v: number) => realText(v, "genes")
      : values.kind === "bool"
        ? (v: number) => (v ? "True" : "False")
        : String;
  return { label, isText: false, texts: Array.from(values.numbers(), asText) };
}

function columnOfTexts(label: string, texts: readonly string[]): GeneColumn {
  return { label, isText: true, texts: withoutMissing(texts) };
}

function genesOf2(group: Group): GeneTable {
  const index = textsOf(group.array("gene_names"));
  return { index, columns: [columnOfTexts("gene_ids", textsOf(group.array("genes")))] };
}

function textsOf(array: StoredArray): readonly string[] {
  return array.kind === "text" ? array.texts() : Array.from(array.numbers(), String);
}
