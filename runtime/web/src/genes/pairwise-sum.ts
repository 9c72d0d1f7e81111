/** Sums as numpy makes them, to the last bit: a dataset exactly at a threshold is accepted in both or in neither. */

const [LANES, BLOCK] = [8, 128];

/** Sum of numbers, by halves: numpy's pairwise summation. */
export function pairwiseSum(values: Float64Array): number {
  const length = values.length;
  if (length < LANES) return values.reduce((sum, value) => sum + value, 0);
  if (length > BLOCK) {
    const half = Math.floor(length / 2 / LANES) * LANES;
    return pairwiseSum(values.subarray(0, half)) + pairwiseSum(values.subarray(half));
  }
  const lanes = values.slice(0, LANES);
  const whole = length - (length % LANES);
  for (let start = LANES; start < whole; start += LANES)
    for (let lane = 0; lane < LANES; lane++) lanes[lane]! += values[start + lane]!;
  const [a, b, c, d, e, f, g, h] = lanes as unknown as Octet;
  return values.subarray(whole).reduce((sum, value) => sum + value, a + b + (c + d) + (e + f + (g + h)));
}

type Octet = readonly [number, number, number, number, number, number, number, number];
