/** How a task goes through the cells of a dataset: block by block, in bounded memory. */

import { mayGoOn } from "../errors.js";
import { blockSize, blocksOf, type Rows } from "../network/blocks.js";
import type { Csr } from "../readers/types.js";
import type { RunOptions, Work } from "./types.js";

/**
 * Read the counts of a dataset, a block at a time, and do something with each.
 *
 * @throws StoppedError between blocks, where a person stopped it; UsageError for a block size that is none
 */
export async function eachBlock(
  { source }: Pick<Work, "source">,
  { blockSize: asked, onProgress, signal }: RunOptions,
  apply: (counts: Csr, rows: Rows) => Promise<void>,
): Promise<void> {
  const { cells } = source.matrix;
  mayGoOn(signal);
  for (const rows of blocksOf(cells, blockSize(asked))) {
    await apply(await source.counts(rows.from, rows.to), rows);
    mayGoOn(signal);
    onProgress?.(rows.to, cells);
  }
}
