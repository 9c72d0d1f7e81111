/** How a block of predicted counts is corrected by what a dataset taught. */

import { LEAST_MEAN } from "./blocks.js";
import { combine, exponentials, logarithms, padded, scratch } from "./kernels.js";
import { CHANGE_LIMIT } from "./newton.js";
import { scoresOf } from "./scores.js";
import type { Calibration, Coefficients, Part, Refinement } from "./types.js";

const LEAST_DEPTH = Math.fround(0.05);

/** What a calibration consists of. */
export interface Taught {
  readonly factors: Float32Array;
  readonly refinement: Refinement | null;
  readonly part: Part;
  readonly cells: number;
  readonly shallowBelow: number;
}

/** Make a calibration of its parts. */
export function calibrationOf(taught: Taught): Calibration {
  const { factors, refinement } = taught;
  const projection = refinement?.projection ?? null;
  return {
    ...taught,
    scores: projection?.scores ?? 0,
    scoreGenes: projection?.genes ?? new Int32Array(0),
    correct(mean, scoredCounts, sizeFactors, out = new Float32Array(mean.length)) {
      if (refinement !== null) return correctBeyond(refinement, mean, scoredCounts, sizeFactors, out);
      const genes = factors.length;
      for (let at = 0; at < mean.length; at += genes)
        for (let gene = 0; gene < genes; gene++) out[at + gene] = mean[at + gene] * factors[gene];
      return out;
    },
    take(outputs) {
      const some = Float32Array.from(outputs, (output) => factors[output]);
      const coefficients = refinement && takeGenes(refinement.coefficients, outputs);
      return calibrationOf({
        ...taught,
        factors: some,
        refinement: refinement && coefficients && { ...refinement, coefficients },
      });
    },
  };
}

/** Correct a block by gene and cell; see `Calibration.correct`. */
export function correctBeyond(
  refinement: Refinement,
  mean: Float32Array,
  scoredCounts: Float32Array,
  sizeFactors: Float32Array,
  out: Float32Array,
): Float32Array {
  const { projection, coefficients, scale } = refinement;
  const depth = depthOf(sizeFactors, scale);
  const scores = projection === null ? new Float32Array(0) : scoresOf(projection, scoredCounts, depth);
  const number = projection?.scores ?? 0;
  const { genes, slopes, weights, levels } = coefficients;
  const stride = padded(genes);
  const [rows, row, change, logs] = scratch((2 + number) * stride, 2 + number, stride, stride);
  for (let k = 0; k < 2 + number; k++) rows.set(weights.subarray(k * genes, (k + 1) * genes), k * stride);
  logs.fill(1);
  const low = levels.map((level) => level - CHANGE_LIMIT);
  const high = levels.map((level) => level + CHANGE_LIMIT);
  for (let cell = 0, at = 0; cell < depth.length; cell++, at += genes) {
    row[0] = 1;
    row[1] = Math.log(depth[cell]);
    row.set(scores.subarray(cell * number, (cell + 1) * number), 2);
    combine(row, 2 + number, rows, stride, change);
    for (let gene = 0; gene < genes; gene++) {
      const own = mean[at + gene];
      logs[gene] = Math.max(own, LEAST_MEAN);
    }
    logarithms(logs);
    for (let gene = 0; gene < genes; gene++) {
      let all = logs[gene] * slopes[gene] + change[gene];
      if (all < low[gene]) all = low[gene];
      if (all > high[gene]) all = high[gene];
      change[gene] = all;
    }
    exponentials(change);
    for (let gene = 0; gene < genes; gene++) out[at + gene] = change[gene] * mean[at + gene];
  }
  return out;
}

/** The size factors of cells over the usual one, but for droplets nearly without counts. */
export function depthOf(sizeFactors: Float32Array, scale: number): Float32Array {
  const single = Math.fround(scale);
  return sizeFactors.map((factor) => Math.max(Math.fround(factor / single), LEAST_DEPTH));
}

/** The coefficients of some genes; -1 stands for a gene that stays as the model says. */
export function takeGenes(coefficients: Coefficients, genes: Int32Array): Coefficients {
  const { slopes, weights, levels } = coefficients;
  const width = genes.length;
  const take = (from: Float32Array, offset: number, to: Float32Array, start: number): Float32Array => {
    for (let i = 0; i < width; i++) to[start + i] = genes[i] < 0 ? 0 : from[offset + genes[i]];
    return to;
  };
  const rows = weights.length / Math.max(coefficients.genes, 1);
  const taken = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) take(weights, row * coefficients.genes, taken, row * width);
  return {
    genes: width,
    slopes: take(slopes, 0, new Float32Array(width), 0),
    weights: taken,
    levels: take(levels, 0, new Float32Array(width), 0),
  };
}
