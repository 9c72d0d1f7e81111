/** What results are called in a dataset that may have such names already: one stem for all that belongs together. */

import { keyText } from "./h5ad-keys.js";

/** Parts of a dataset that results are added to. */
export type Part = "obs" | "var" | "obsm" | "layers" | "uns";

/** The names that there are, by part. */
export type TakenNames = { readonly [P in Part]?: ReadonlySet<string> };

/** What the types are called where nothing is in the way. */
export const TYPES = "cell_type";

/** Names that a dataset has of which columns of obs alone are known. */
export function takenInObs(columns: Iterable<string>): TakenNames {
  return { obs: new Set(Array.from(columns, keyText)) };
}

/** The stem of the types of cells: free in obs, with all that begins with it, in obsm and in uns. */
export function stemOfTypes(taken: TakenNames): string {
  return freeStem(TYPES, taken, (stem) => [
    ...["", "_probability", "_reason", "_typical"].map((end) => ["obs", stem + end] as const),
    ["obsm", `${stem}_probabilities`],
    ["uns", `cellfill_${stem}`],
  ]);
}

/** The stem of coordinates. */
export function stemOfPlaces(key: string, taken: TakenNames): string {
  return freeStem(keyText(key), taken, (stem) => [
    ["obsm", stem],
    ["uns", `cellfill_${stem}`],
  ]);
}

/** The stem of imputed counts. */
export function stemOfCounts(taken: TakenNames): string {
  return freeStem("imputed", taken, (stem) => [
    ["layers", stem],
    ["var", `${stem}_reason`],
    ["uns", recordOfCounts(stem)],
  ]);
}

/** Key of uns with the record of imputed counts; Python's. */
export function recordOfCounts(stem: string): string {
  return stem === "imputed" ? "cellfill" : `cellfill_${stem}`;
}

/** The one asked for, or that with the first number behind with which all of its names are free. */
function freeStem(
  asked: string,
  taken: TakenNames,
  names: (stem: string) => readonly (readonly [part: Part, name: string])[],
): string {
  let stem = asked;
  for (let number = 2; names(stem).some(([part, name]) => taken[part]?.has(name)); number++)
    stem = `${asked}_${number}`;
  return stem;
}
