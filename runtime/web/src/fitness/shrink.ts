/** Weigh what was measured for each gene with what was measured for all of them. */

import { quantile } from "../maths/statistics.js";

const POINTS = 61; // odd: one of them is 0
const ROUNDS = 100;
const RANGE = 4; // the points lie on a sinh of so much, denser near 0
const REACH = 2; // of the ninth decile of the estimates

/** Estimates, weighed. */
export interface Shrunk {
  /** The posterior mean of each. */
  readonly means: Float64Array;
  /** The posterior probability that it is above 0. */
  readonly above: Float64Array;
}

/**
 * Estimate true values from noisy ones: nonparametric empirical Bayes.
 *
 * The distribution of the true values over all genes is fitted by EM as masses on a grid (Kiefer & Wolfowitz 1956; Jiang
 * & Zhang 2009), and is the prior of each. So a gene of which little was measured is judged like most genes, and one of
 * 6,000 genes that looks good by chance is not believed.
 *
 * @param estimates - one a gene
 * @param variances - of their noise, positive
 */
export function shrink(estimates: Float64Array, variances: Float64Array): Shrunk {
  const genes = estimates.length;
  if (genes === 0) return { means: new Float64Array(0), above: new Float64Array(0) };
  const grid = gridOf(estimates);
  const likelihood = likelihoods(estimates, variances, grid);
  const masses = new Float64Array(POINTS).fill(1 / POINTS);
  const shares = new Float64Array(POINTS);
  for (let round = 0; round < ROUNDS; round++) {
    shares.fill(0);
    for (let at = 0; at < likelihood.length; at += POINTS) {
      let total = 0;
      for (let point = 0; point < POINTS; point++) total += likelihood[at + point] * masses[point];
      const weight = 1 / total;
      for (let point = 0; point < POINTS; point++) shares[point] += weight * likelihood[at + point];
    }
    for (let point = 0; point < POINTS; point++) masses[point] = (masses[point] * shares[point]) / genes;
  }
  const [means, above] = [0, 1].map(() => new Float64Array(genes));
  for (let gene = 0; gene < genes; gene++) {
    let [total, mean, positive] = [0, 0, 0];
    for (let point = 0; point < POINTS; point++) {
      const weight = likelihood[gene * POINTS + point] * masses[point];
      total += weight;
      mean += weight * grid[point];
      if (grid[point] > 0) positive += weight;
    }
    means[gene] = mean / total;
    above[gene] = positive / total;
  }
  return { means, above };
}

/** The points on which masses lie; the one in the middle is 0. */
function gridOf(estimates: Float64Array): Float64Array {
  const reach = Math.max(REACH * quantile(estimates.map(Math.abs), 0.9), 1e-12);
  return Float64Array.from({ length: POINTS }, (_, point) => {
    const away = ((point - (POINTS - 1) / 2) * RANGE) / ((POINTS - 1) / 2);
    return (Math.sinh(away) / Math.sinh(RANGE)) * reach;
  });
}

/** Genes x points, each over the largest of its gene. */
function likelihoods(estimates: Float64Array, variances: Float64Array, grid: Float64Array): Float32Array {
  const likelihood = new Float32Array(estimates.length * POINTS);
  const away = new Float64Array(POINTS);
  for (let gene = 0; gene < estimates.length; gene++) {
    let least = Number.POSITIVE_INFINITY;
    for (let point = 0; point < POINTS; point++) {
      const off = estimates[gene] - grid[point];
      away[point] = (off * off) / (2 * variances[gene]);
      least = Math.min(least, away[point]);
    }
    for (let point = 0; point < POINTS; point++)
      likelihood[gene * POINTS + point] = Math.exp(Math.fround(least - away[point]));
  }
  return likelihood;
}
