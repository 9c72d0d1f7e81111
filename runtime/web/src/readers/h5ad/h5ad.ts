/** AnnData in HDF5: cells come straight from the file. */

import { DataError } from "../../errors.js";
import { columnsLeftOut } from "../bounds.js";
import { readingNow, reason } from "../failures.js";
import type { Hdf5 } from "../hdf5/elements.js";
import { attribute, Group } from "../hdf5/elements.js";
import type { Dataset, Matrix } from "../types.js";
import { encodingType } from "./encoding.js";
import { LazyColumns, storedCells, storedGenes } from "./frames.js";
import { isOld, oldCells, oldGenes } from "./legacy.js";
import { type NamedRows, storedMatrices } from "./matrices.js";

const KIND = ".h5ad";
/** What an AnnData consists of, as far as it is read here. A link that stands for one of them must lead to it. */
const PARTS = ["X", "obs", "var", "layers", "raw"];
const RNA = ["rna", "gex", "gene expression", "gene_expression", "expression"];

/**
 * The dataset of an opened AnnData file; only names of genes are read.
 *
 * @throws DataError when it is not an AnnData file, is damaged, or parts of it lie in other files
 */
export function h5adDataset(file: Hdf5, name: string): Dataset {
  return readingNow(name, KIND, () => opened(file, name));
}

function opened(file: Hdf5, name: string): Dataset {
  const { root } = file;
  refuseMudata(root, name);
  checkParts(root, name);
  const old = isOld(root);
  const leftOut: string[] = [];
  const var_ = old ? oldGenes(root, root.get("var"), leftOut) : storedGenes(root.group("var"), leftOut);
  const obs = old ? oldCells(root, root.get("obs")) : storedCells(root.group("obs"));
  const { found, odd } = storedMatrices(root, var_, (element) =>
    element instanceof Group ? storedGenes(element, leftOut) : oldGenes(root, element, leftOut),
  );
  for (const { name: matrix, rows, var: of } of found)
    if (rows.cells !== obs.length || rows.genes !== of.index.length)
      throw new DataError(
        `${name} cannot be read as ${KIND}: ${matrix} is ${rows.cells} x ${rows.genes}, but there are ${obs.length} ` +
          `cells and ${of.index.length} genes. It is damaged.`,
      );
  let names: readonly string[] | null = null;
  return {
    format: "h5ad",
    name,
    cells: obs.length,
    var: var_,
    matrices: found.map((rows) => guarded(rows, name, KIND)),
    cellNames: () => {
      names ??= readingNow(name, KIND, () => obs.names());
      return names;
    },
    obs: new LazyColumns(obs.textColumns, (label) => readingNow(name, KIND, () => obs.column(label))),
    notes: [
      ...(odd.length ? [`Not read, since it is no matrix of cells x genes: ${odd.slice(0, 5).join(", ")}.`] : []),
      ...columnsLeftOut(leftOut),
    ],
    isOld: !["obs", "var"].every((part) => {
      const frame = root.get(part);
      return frame instanceof Group && attribute(frame, "column-order") !== null;
    }),
    close: file.close,
  };
}

/** A matrix whose failures name the file and are errors of cellfill; no cells are asked for that it has not. */
export function guarded({ name, layer, rows, var: of }: NamedRows, file: string, kind: string): Matrix {
  const { cells, genes, dtype } = rows;
  const within = (place: number): number => Math.min(Math.max(place, 0), cells);
  return {
    name,
    layer,
    cells,
    genes,
    dtype,
    var: of,
    read: async (from, to) =>
      readingNow(file, kind, () => rows.read(within(from), Math.max(within(from), within(to)))),
  };
}

/** Refuse a file that is no AnnData, or of which a part is a link that leads nowhere. */
function checkParts(root: Group, name: string): void {
  const held = new Set(root.names());
  for (const part of PARTS) {
    if (held.has(part)) {
      try {
        root.get(part);
      } catch (error) {
        if (error instanceof DataError) throw error;
        throw new DataError(
          `${name} cannot be read as ${KIND}: its ${part} cannot be opened (${reason(error)}). If it is a link, what it ` +
            "leads to is not in this file.",
        );
      }
    } else if (part === "obs" || part === "var") {
      throw new DataError(`${name} cannot be read as ${KIND}: it has no ${part}, so it is not an AnnData.`);
    }
  }
}

/** Refuse a MuData, several AnnData in one file; say what it holds, and how to have the RNA of it alone. */
function refuseMudata(root: Group, name: string): void {
  if (encodingType(root) !== "MuData" && !(root.has("mod") && !root.has("X"))) return;
  const mod = root.has("mod") ? root.get("mod") : null;
  const names = mod instanceof Group ? mod.names().sort() : [];
  const rna = names.find((one) => RNA.includes(one.toLowerCase())) ?? names[0] ?? "rna";
  throw new DataError(
    `${name} is a MuData, with ${names.length} modalities (${names.join(", ") || "none"}), and a model reads one: save the ` +
      `RNA alone in Python, import mudata; mudata.read_h5mu('${name}')['${rna}'].write_h5ad('rna.h5ad')`,
  );
}
