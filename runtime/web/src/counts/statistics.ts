/** Sums of a sample of cells. */

import { median, quantile } from "../maths/statistics.js";
import type { Csr } from "../readers/types.js";

/** Sums by cells of values that belong to the entries of a sample. */
export function sums(sample: Csr, values: ArrayLike<number>): Float64Array {
  const found = new Float64Array(sample.cells);
  for (let cell = 0; cell < sample.cells; cell++) {
    let sum = 0;
    for (let i = sample.indptr[cell]; i < sample.indptr[cell + 1]; i++) sum += values[i];
    found[cell] = sum;
  }
  return found;
}

/** How much the cells' sums differ, relatively; cells without values are not counted. */
export function spread(totals: Float64Array): number {
  const some = totals.filter((sum) => sum > 0);
  const middle = some.length ? median(some) : 0;
  if (some.length < 3 || !(middle > 0)) return Number.POSITIVE_INFINITY;
  return (
    quantile(
      some.map((sum) => Math.abs(sum - middle)),
      0.9,
    ) / middle
  );
}
