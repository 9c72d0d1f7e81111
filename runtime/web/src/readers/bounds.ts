/** How much of a stranger's file is taken into memory at most, and what is said where it is more. */

import { DataError } from "../errors.js";
import { grouped } from "../text/figures.js";

/**
 * Stored values of a matrix that has to be in memory as a whole: one that is stored by genes, or as text.
 *
 * At 8 to 12 bytes a value this is 2 to 3 GB, about what a page may have.
 */
export const MOST_VALUES = 2 ** 28;
/** Cells of a dataset; their places in a sparse matrix alone take 8 bytes each. */
export const MOST_CELLS = 50_000_000;
/** Genes, or other features, of a dataset. */
export const MOST_GENES = 10_000_000;

/** Refuse a matrix that has to be in memory and is too large for it. */
export function refuseManyValues(name: string, how: string): never {
  throw new DataError(
    `${name} is stored ${how} and has more than ${grouped(MOST_VALUES)} values that are not 0, so that it does not fit ` +
      "into the memory of a page. Write it again by cells in Python, adata.X = adata.X.tocsr(), as .h5ad: that is read by parts.",
  );
}

/** Refuse a shape beyond any dataset, before memory is taken for it. */
export function checkShape(cells: number, genes: number): void {
  for (const [length, most, what] of [
    [cells, MOST_CELLS, "cells"],
    [genes, MOST_GENES, "genes"],
  ] as const) {
    if (!Number.isSafeInteger(length) || length < 0) throw new Error(`it says that it has ${length} ${what}`);
    if (length > most)
      throw new Error(`it says that it has ${grouped(length)} ${what}, more than ${grouped(most)}`);
  }
}
