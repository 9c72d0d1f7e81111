/** The matrices of an AnnData file: X, the layers, raw.X. */

import { DataError } from "../../errors.js";
import { quoted } from "../../text/quoting.js";
import { reason } from "../failures.js";
import { attribute, type Element, Group } from "../hdf5/elements.js";
import { type Rows, storedCsc, storedCsr, storedDense } from "../rows.js";
import type { GeneTable } from "../types.js";
import { encodingType, shapeOf, textOf } from "./encoding.js";

/** A matrix of a file, with the genes of its columns. */
export interface NamedRows {
  readonly name: string;
  readonly layer: string | null;
  readonly rows: Rows;
  readonly var: GeneTable;
}

const CSR = ["csr_matrix", "csr"];
const CSC = ["csc_matrix", "csc"];

/** How a group says that it is a sparse matrix: the encoding, or what stood for it before anndata 0.7. */
function form(group: Group): string {
  return encodingType(group) || textOf(group, "h5sparse_format");
}

/**
 * The rows of a stored matrix: CSR and dense stay in the file, CSC is converted to CSR in memory.
 *
 * @throws Error when it is no such matrix, or its parts do not fit
 */
export function storedRows(element: Element, name: string): Rows {
  if (!(element instanceof Group)) return storedDense(element);
  const kind = form(element);
  if (!CSR.includes(kind) && !CSC.includes(kind))
    throw new Error(`${element.path} is stored as ${kind || "something unknown"}, not as a matrix`);
  const [cells, genes] = shapeOf(element, attribute(element, "shape") === null ? "h5sparse_shape" : "shape");
  const parts = { data: element.array("data"), indices: element.array("indices"), indptr: element.array("indptr") };
  return CSR.includes(kind) ? storedCsr(parts, cells, genes) : storedCsc(parts, cells, genes, name);
}

/**
 * X, the layers and raw.X as far as they are matrices, and the names of layers that are not.
 *
 * @param genesOf - reads the genes of raw
 */
export function storedMatrices(
  root: Group,
  var_: GeneTable,
  genesOf: (element: Element) => GeneTable,
): { found: NamedRows[]; odd: string[] } {
  const found: NamedRows[] = [];
  const odd: string[] = [];
  const add = (name: string, layer: string | null, element: Element, of: GeneTable): void => {
    found.push({ name, layer, rows: storedRows(element, name), var: of });
  };
  if (root.has("X") && !isNull(root.get("X"))) add("X", null, root.get("X"), var_);
  for (const [layer, element] of layersOf(root, odd)) {
    const name = `layers[${quoted(layer)}]`;
    if (isMatrix(element)) add(name, layer, element, var_);
    else odd.push(`${name} (no matrix)`);
  }
  const raw = root.has("raw") ? root.get("raw") : null;
  if (raw instanceof Group && raw.has("X")) add("raw.X", null, raw.get("X"), genesOf(raw.get("var")));
  else if (root.has("raw.X") && root.has("raw.var"))
    add("raw.X", null, root.get("raw.X"), genesOf(root.get("raw.var")));
  return { found, odd };
}

function layersOf(root: Group, odd: string[]): [string, Element][] {
  const layers = root.has("layers") ? root.get("layers") : null;
  if (!(layers instanceof Group)) return [];
  const found: [string, Element][] = [];
  for (const layer of layers.names()) {
    try {
      found.push([layer, layers.get(layer)]);
    } catch (error) {
      if (error instanceof DataError) throw error; // it lies in another file
      odd.push(`layers[${quoted(layer)}] (${reason(error)})`);
    }
  }
  return found;
}

function isMatrix(element: Element): boolean {
  return element instanceof Group ? [...CSR, ...CSC].includes(form(element)) : element.shape.length === 2;
}

function isNull(element: Element): boolean {
  return encodingType(element) === "null";
}
