/** How much of a stranger's file is taken into memory at most, and what is said where it is more. */

import { DataError } from "../errors.js";
import { grouped } from "../text/figures.js";
import { clip } from "../text/quoting.js";

/**
 * Stored values of a matrix that has to be in memory as a whole: one that is stored by genes, or as text.
 *
 * At 8 to 12 bytes a value this is 2 to 3 GB, about what a page may have.
 */
export const MOST_VALUES = 2 ** 28;
/** Cells of a dataset; their places in a sparse matrix alone take 8 bytes each. */
export const MOST_CELLS = 50_000_000;
/** Entries that a row may have for every one of its places, and beyond. */
const [ENTRIES_A_PLACE, FURTHER_ENTRIES] = [2, 1000];
/** Genes, or other features, of a dataset. */
export const MOST_GENES = 10_000_000;
/**
 * Values of all columns of a data frame that are held as text, one with another: 300 columns of 60,000 genes. A file of
 * a few bytes can have one array under many names.
 */
export const MOST_TEXTS = 20_000_000;

/** What is said of columns that are not read, since there are too many. */
export function columnsLeftOut(labels: readonly string[]): string[] {
  if (labels.length === 0) return [];
  const some = labels.slice(0, 3).map((label) => clip(label, 60));
  return [
    `Not read, since there are more than ${grouped(MOST_TEXTS)} values in the columns before: ${labels.length} columns ` +
      `of the genes (${some.join(", ")}${labels.length > some.length ? ", ..." : ""}).`,
  ];
}

/** Refuse a matrix that has to be in memory and is too large for it. */
export function refuseManyValues(name: string, how: string): never {
  throw new DataError(
    `${name} is stored ${how} and has more than ${grouped(MOST_VALUES)} values that are not 0, so that it does not fit ` +
      "into the memory of a page. Write it again by cells in Python, adata.X = adata.X.tocsr(), as .h5ad: that is read by parts.",
  );
}

/**
 * Refuse a row with several times as many entries as there can be: duplicates are summed, but the row is read as a whole.
 *
 * @param starts - where rows start, ascending
 * @param length - of a row
 */
export function checkRows(starts: Float64Array, length: number): void {
  const most = ENTRIES_A_PLACE * length + FURTHER_ENTRIES;
  for (let row = 0; row + 1 < starts.length; row++) {
    const entries = starts[row + 1] - starts[row];
    if (entries > most)
      throw new Error(
        `a row or column of it has ${grouped(entries)} entries where there is room for ${grouped(length)}`,
      );
  }
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
