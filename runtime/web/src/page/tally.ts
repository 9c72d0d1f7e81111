/** How many cells a label has, and the mean of a number over them. */

import type { Coded } from "./messages.js";

/** By label. */
export interface Tally {
  readonly cells: Int32Array;
  /** NaN where no cell has the number. */
  readonly mean: Float64Array;
}

/** Count the cells of each label; a number that is NaN does not count towards the mean. */
export function tally({ categories, codes }: Coded, numbers: Float32Array): Tally {
  const cells = new Int32Array(categories.length);
  const known = new Int32Array(categories.length);
  const sums = new Float64Array(categories.length);
  for (let cell = 0; cell < codes.length; cell++) {
    cells[codes[cell]]++;
    if (Number.isNaN(numbers[cell])) continue;
    known[codes[cell]]++;
    sums[codes[cell]] += numbers[cell];
  }
  return { cells, mean: sums.map((sum, label) => sum / known[label]) };
}
