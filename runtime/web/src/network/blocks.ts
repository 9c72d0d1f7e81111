/** Blocks of cells. */

import type { GeneIndex } from "../bundle/types.js";
import { UsageError } from "../errors.js";

/** Cells a block: smaller blocks are slower, larger ones leave the cache. */
export const BLOCK_SIZE = 256;

// Of the values that a graph makes in one call. 256 cells of human-lung-cell-lines take 151 MB.
const BYTES = 150 * 2 ** 20;
// A model of sub-networks copies its inputs for each; every other value is made a few times.
const COPIES = 6;

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

/** The most cells that a graph of these genes is given at once, so that its values have room. */
export function mostCells(genes: GeneIndex): number {
  let values = genes.inputs.length + genes.targets.length;
  for (const networks of genes.predicts) values += networks.length;
  return Math.max(1, Math.min(BLOCK_SIZE, Math.floor(BYTES / (4 * COPIES * values))));
}
