/** An imputation that is ready for blocks. */

import { UsageError } from "../../errors.js";
import { BLOCK_SIZE } from "../../network/blocks.js";
import type { Csr } from "../../readers/types.js";
import type { Aligned } from "../aligned.js";
import { eachBlock } from "../running.js";
import type { Imputer, Judged, RunOptions, Work } from "../types.js";
import { type Filling, fillBlock, filled, imputedValues } from "./block.js";

/** Observed and filled counts of one gene, one a cell. */
interface GeneCounts {
  readonly observed: Float32Array;
  readonly filled: Float32Array;
}

/** All that blocks have in common, and what is done to one. */
export class ReadyImputer implements Imputer {
  readonly coverage: number;

  constructor(
    private readonly work: Work,
    private readonly aligned: Aligned,
    private readonly filling: Filling,
    readonly reasons: readonly string[],
    readonly judged: Judged | null,
  ) {
    this.coverage = aligned.alignment.coverage;
  }

  async fill(from: number, to: number): Promise<Csr> {
    const counts = await this.work.source.counts(from, to);
    return fillBlock(this.filling, this.aligned.cells(counts), counts);
  }

  async gene(column: number, options: RunOptions = {}): Promise<GeneCounts> {
    return (await this.genes([column], options))[0];
  }

  async genes(columns: readonly number[], options: RunOptions = {}): Promise<readonly GeneCounts[]> {
    const { filling, work } = this;
    const wrong = columns.find((column) => !Number.isInteger(column) || column < 0 || column >= filling.genes);
    if (wrong !== undefined)
      throw new UsageError(`There is no gene ${wrong}: the dataset has the genes 0 to ${filling.genes - 1}.`);
    const { cells } = work.source.matrix;
    const found = columns.map(() => ({ observed: new Float32Array(cells), filled: new Float32Array(cells) }));
    const which = Int32Array.from(columns, (column) => filling.columns.indexOf(column)).filter(
      (place) => place >= 0,
    );
    await eachBlock(work, { blockSize: BLOCK_SIZE, ...options }, async (counts, { from }) => {
      const values = which.length
        ? await imputedValues(filling, this.aligned.cells(counts), counts, which)
        : new Float32Array(0);
      let next = 0;
      for (const [i, column] of columns.entries()) {
        const { observed, filled: result } = found[i];
        readColumn(counts, filling.sourceColumns?.[column] ?? column, observed.subarray(from));
        const place = filling.columns.indexOf(column) < 0 ? -1 : next++;
        for (let cell = 0; cell < counts.cells; cell++) {
          const count = observed[from + cell];
          result[from + cell] =
            place < 0 ? count : filled(filling.policy, count, values[cell * which.length + place]);
        }
      }
    });
    return found;
  }
}

/** Write the counts of one column, one a cell. */
function readColumn({ cells, indptr, indices, values }: Csr, column: number, into: Float32Array): void {
  for (let cell = 0; cell < cells; cell++)
    for (let entry = indptr[cell]; entry < indptr[cell + 1]; entry++)
      if (indices[entry] === column) into[cell] = values[entry];
}
