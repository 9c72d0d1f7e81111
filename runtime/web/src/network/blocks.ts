/** Blocks of cells. */

import { UsageError } from "../errors.js";

/** Cells a block: smaller blocks are slower, larger ones leave the cache. */
export const BLOCK_SIZE = 256;

/** Of the values that a graph makes in one call. 256 cells of human-lung-cell-lines take 151 MB. */
export const BYTES = 150 * 2 ** 20;

/** Cells from..to, exclusive. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** The blocks of so many cells, in order. */
export function* blocksOf(cells: number, size: number): Generator<Rows> {
  for (let from = 0; from < cells; from += size) yield { from, to: Math.min(from + size, cells) };
}

/**
 * A number of cells a block, as it was asked for.
 *
 * @throws UsageError where it is no whole number of at least 1
 */
export function blockSize(asked?: number): number {
  if (asked === undefined) return BLOCK_SIZE;
  if (!Number.isInteger(asked) || asked < 1)
    throw new UsageError(`block_size is ${asked}; it must be a whole number, at least 1 cell.`);
  return asked;
}

/** The most cells that a graph is given at once that makes so many values of each, so that all of them have room. */
export function mostCells(values: number): number {
  return Math.max(1, Math.min(BLOCK_SIZE, Math.floor(BYTES / (4 * values))));
}
