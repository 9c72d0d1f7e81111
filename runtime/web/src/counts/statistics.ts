/** Medians and sums of a sample of cells. */

import type { Csr } from "../readers/types.js";

/** The quantile of some numbers, between two of them in a straight line; they are sorted in place. */
export function quantile(values: Float64Array, share: number): number {
  values.sort();
  const place = share * (values.length - 1);
  const below = Math.floor(place);
  const [low, high] = [values[below], values[Math.min(below + 1, values.length - 1)]];
  return low + (high - low) * (place - below);
}

/** The number in the middle, NaN of none. */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

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
