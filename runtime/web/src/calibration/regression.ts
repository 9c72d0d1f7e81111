/**
 * Ridge-penalised quasi-Poisson regressions of many genes at once, around a model's means.
 *
 * For every gene, log mu' = log mu + t eta + sum_k b_k s_k: eta is the model's own centred log rate, s the scores of the
 * cell. t and b have normal priors around zero, and the likelihood is divided by the gene's dispersion, so that an
 * overdispersed gene moves less. The priors' variances are estimated from all genes (empirical Bayes, by moments): what
 * carries nothing turns itself off.
 */

import { clip } from "../maths/statistics.js";
import { Blocks, dot } from "./blocks.js";
import { acrossOf, padded, products, productsLength, roomOf, scratch } from "./kernels.js";
import { Solver } from "./newton.js";
import { INTERCEPT_PRIOR, priorVariance } from "./priors.js";
import type { Sample } from "./sample.js";
import type { Coefficients } from "./types.js";

// Bounds of the estimated weight of a gene's contrast, in counts.
const SLOPE_PRIOR = [10, 500] as const;
// The priors are estimated from all genes of few cells, and from every so manieth of many: so many entries at most.
const PRIOR_ENTRIES = 12_000_000;
// Newton; a third step changes nothing in the fourth digit of the error. Of fewer counts the priors say so much that
// one is enough.
const STEPS = 2;
const FEW_COUNTS = 30;

/**
 * Fit the regressions of all genes of a sample.
 *
 * @param factors - by which the means of each gene are multiplied first
 * @param depth - size factor of each cell, one on average
 * @param scores - cells x scores, row by row
 */
export function regress(
  sample: Sample,
  factors: Float64Array,
  depth: Float32Array,
  scores: Float32Array,
): Coefficients {
  const { genes, cells } = sample;
  const number = cells ? scores.length / cells : 0;
  const across = turned(scores, cells, number);
  const penalty = new Float64Array(number + 2);
  penalty[0] = INTERCEPT_PRIOR;
  penalty.set(penaltyOf(sample, factors, depth, across, number), 1);
  const totals = sample.totals();
  const solver = new Solver(sample, factors, depth, across, penalty);
  const slopes = new Float32Array(genes);
  const weights = new Float32Array((2 + number) * genes);
  const levels = new Float32Array(genes);
  const every = Int32Array.from({ length: genes }, (_, gene) => gene);
  const rounds: [Int32Array, number][] = [
    [every.filter((gene) => !(totals[gene] < FEW_COUNTS)), STEPS],
    [every.filter((gene) => totals[gene] < FEW_COUNTS), 1],
  ];
  for (const [some, steps] of rounds) {
    solver.solve(some, steps, ({ gene, coefficients, centre, total }) => {
      const factor = Math.log(factors[gene]);
      const level = factor + Math.log((INTERCEPT_PRIOR + totals[gene]) / (INTERCEPT_PRIOR + total));
      const slope = coefficients[number + 1];
      levels[gene] = level;
      slopes[gene] = slope;
      weights[gene] = coefficients[0] + level + slope * (factor - centre);
      weights[genes + gene] = -slope;
      for (let k = 0; k < number; k++) weights[(2 + k) * genes + gene] = coefficients[1 + k];
    });
  }
  return { genes, slopes, weights, levels };
}

/** The weight of no effect of each score (scores x cells), and of the model's own contrast, from many genes. */
function penaltyOf(
  sample: Sample,
  factors: Float64Array,
  depth: Float32Array,
  scores: Float32Array,
  number: number,
): Float64Array {
  const { genes, cells } = sample;
  const step = 1 + Math.floor((genes * cells) / PRIOR_ENTRIES);
  const chosen = Math.ceil(genes / step);
  const every = Int32Array.from({ length: chosen }, (_, place) => place * step);
  const noise = new Float64Array(chosen);
  const [gradient, information] = [0, 1].map(() => new Float64Array(chosen * (number + 1)));
  const [stride, size, across] = [padded(cells), Blocks.size(cells), acrossOf(number)];
  const room = roomOf(number) * stride;
  const sums = productsLength(size, number);
  const [own, squares, left, right, ...memory] = scratch(room, room, sums, sums, ...Array(3).fill(size * stride));
  own.fill(0);
  for (let k = 0; k < number; k++) own.set(scores.subarray(k * cells, (k + 1) * cells), k * stride);
  for (let i = 0; i < own.length; i++) squares[i] = own[i] * own[i];
  const blocks = new Blocks(sample, factors, depth, memory);
  const { mean, counts, rates } = blocks;
  let at = 0;
  blocks.each(every, (some) => {
    for (let i = 0; i < some.length * stride; i++) counts[i] -= mean[i]; // what is left
    products(counts, some.length, own, number, stride, left);
    products(mean, some.length, squares, number, stride, right);
    for (let g = 0; g < some.length; g++, at++) {
      const to = at * (number + 1);
      noise[at] = blocks.noise[g];
      gradient.set(left.subarray(g * across, g * across + number), to);
      information.set(right.subarray(g * across, g * across + number), to);
      gradient[to + number] = dot(counts, rates, g * stride, stride);
      information[to + number] = weighedSquares(mean, rates, g * stride, stride);
    }
  });
  const weights = priorVariance(gradient, information, noise).map((variance) => 1 / variance);
  weights[number] = clip(weights[number], SLOPE_PRIOR[0], SLOPE_PRIOR[1]);
  return weights;
}

function weighedSquares(mean: Float32Array, rates: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += mean[i] * rates[i] * rates[i];
  return sum;
}

/** The matrix turned: columns x rows. */
export function turned(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
  return result;
}
