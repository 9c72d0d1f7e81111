/** What all genes say of one: how far it is trusted, and how large a coefficient is wont to be. */

import { clip } from "../maths/statistics.js";

/** Weight of no further change of a gene's level, in counts. */
export const INTERCEPT_PRIOR = 20;

/**
 * The square root of a gene's dispersion around its means, at least 1.
 *
 * The square root lies between trusting the Poisson and the (noisy) dispersion in full.
 */
export function rootDispersion(mean: Float32Array, counts: Float32Array): number {
  let squares = 0;
  let total = 0;
  for (let cell = 0; cell < mean.length; cell++) {
    const left = Math.fround(counts[cell] - mean[cell]);
    squares += left * left;
    total += mean[cell];
  }
  return Math.sqrt(Math.max((INTERCEPT_PRIOR + squares) / (INTERCEPT_PRIOR + total), 1));
}

/**
 * Estimate the variance of a coefficient across genes, for each column, by weighted moments.
 *
 * At zero, gradient^2 = noise x information + information^2 x variance on average.
 *
 * @param gradient - genes x columns, as is `information`
 * @param noise - one a gene
 */
export function priorVariance(
  gradient: Float64Array,
  information: Float64Array,
  noise: Float64Array,
): Float64Array {
  const columns = gradient.length / Math.max(noise.length, 1);
  return Float64Array.from({ length: columns }, (_, column) => {
    let variance = 0.05;
    for (let turn = 0; turn < 10; turn++) {
      let signal = 0;
      let weights = 0;
      for (let gene = 0, at = column; gene < noise.length; gene++, at += columns) {
        const expected = noise[gene] + information[at] * variance;
        const weight = 1 / (expected * expected);
        signal += weight * (gradient[at] * gradient[at] - noise[gene] * information[at]);
        weights += weight * information[at] * information[at];
      }
      variance = clip(signal / Math.max(weights, 1e-12), 1e-6, 1);
    }
    return variance;
  });
}
