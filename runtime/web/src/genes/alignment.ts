/** Why a column of a dataset is not imputed, and what follows of an alignment. */

import type { Alignment } from "./types.js";

export const IMPUTED = "imputed";
export const NOT_IN_MODEL = "not in the model";
export const NOT_A_GENE = "not gene expression";
export const PREDICTOR_ONLY = "predictor only";
export const DUPLICATE = "several columns match one gene";
export const BLIND = "its predictors are mostly missing";
export const NO_BETTER = "no better than its mean here";

/** The first column of each gene that would be filled if one column alone were its own, ascending. */
export function inSeveralColumns(alignment: Alignment): Int32Array {
  const seen = new Set<number>();
  return columnsOf(alignment, DUPLICATE).filter((column) => {
    const row = alignment.geneOfColumn[column]!;
    return !seen.has(row) && seen.add(row);
  });
}

/** How many columns are targets whose predictors are mostly missing. */
export function blindColumns(alignment: Alignment): number {
  return columnsOf(alignment, BLIND).length;
}

/** How many columns are a gene of the model. */
export function matchedColumns(alignment: Alignment): number {
  return alignment.geneOfColumn.reduce((number, row) => number + (row >= 0 ? 1 : 0), 0);
}

function columnsOf(alignment: Alignment, reason: string): Int32Array {
  const found: number[] = [];
  for (const [column, its] of alignment.reasons.entries()) if (its === reason) found.push(column);
  return Int32Array.from(found);
}
