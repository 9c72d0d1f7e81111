/** Order statistics, as numpy computes them. */

/** The median; of float32 values it is one, too. NaN of none. */
export function median(values: Float32Array | Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half];
  const middle = (sorted[half - 1] + sorted[half]) / 2;
  return values instanceof Float32Array ? Math.fround(middle) : middle;
}

/** A quantile, between two values in proportion to how near it lies to each. */
export function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const lower = sorted[below];
  return lower + (sorted[Math.min(below + 1, sorted.length - 1)] - lower) * (at - below);
}

/** Places of the values in ascending order; equal ones stay as they are. */
export function ascending(values: Float64Array): Int32Array {
  return Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);
}

/** The nearest whole number; of two that are as near, the even one. */
export function roundEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** A value within bounds. */
export function clip(value: number, least: number, most: number): number {
  return value < least ? least : Math.min(value, most);
}
