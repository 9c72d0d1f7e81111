/** Fit the corrections of a model on a sample: factors of the genes' levels, and what lies beyond them. */

import { ascending, clip, median, roundEven } from "../maths/statistics.js";
import { depthOf } from "./corrections.js";
import { priorVariance, rootDispersion } from "./priors.js";
import { regress } from "./regression.js";
import type { Sample } from "./sample.js";
import { fitProjection, scoresOf } from "./scores.js";
import type { Projection, Refinement } from "./types.js";

// Weight of the model's own level of a gene, in counts: these where it cannot be estimated, and its bounds.
const LEVEL_PRIOR = 20;
const LEVEL_PRIORS = [5, 500] as const;
// The most counted genes make the scores: 0.7 sqrt(cells) of them, up to 20, and one for 50 genes. Among fewer genes a
// score would be made of a gene's own count, and predict it from itself.
const SCORE_GENES = 1000;
const MAX_SCORES = 20;
const SCORES_PER_ROOT_CELL = 0.7;
const GENES_PER_SCORE = 50;

/** What the regressions explain the counts of a sample's cells by, beside what the model says. */
export interface Basis {
  /** Median size factor of the cells. */
  readonly scale: number;
  /** Size factor of each, over the scale. */
  readonly depth: Float32Array;
  /** How scores are made; null where there are none. */
  readonly projection: Projection | null;
  /** Cells x scores, row by row. */
  readonly scores: Float32Array;
}

/** A basis without scores. */
export function depthAlone(sizeFactors: Float32Array): Basis {
  const scale = Math.max(median(sizeFactors), 1e-6);
  return { scale, depth: depthOf(sizeFactors, scale), projection: null, scores: new Float32Array(0) };
}

/** A basis with scores that are made of those of some genes of a sample that are counted most. */
export function withScores(sample: Sample, scored: Int32Array): Basis {
  const basis = depthAlone(sample.sizeFactors);
  const genes = Math.min(scored.length, SCORE_GENES);
  const number = Math.min(
    MAX_SCORES,
    roundEven(SCORES_PER_ROOT_CELL * Math.sqrt(sample.cells)),
    Math.floor(genes / GENES_PER_SCORE),
  );
  if (!number) return basis;
  const totals = sample.totals();
  const order = ascending(Float64Array.from(scored, (gene) => -totals[gene])).subarray(0, genes);
  const chosen = Int32Array.from(order, (place) => scored[place]).sort();
  const counts = countsOf(sample, chosen);
  const projection = fitProjection(counts, basis.depth, chosen, number);
  return { ...basis, projection, scores: scoresOf(projection, counts, basis.depth) };
}

/** The counts of some genes of a sample: cells x genes, dense, row by row. */
export function countsOf(sample: Sample, genes: Int32Array): Float32Array {
  const dense = new Float32Array(sample.cells * genes.length);
  const { indptr, indices, values } = sample.counts;
  genes.forEach((gene, place) => {
    for (let i = indptr[gene]; i < indptr[gene + 1]; i++) dense[indices[i] * genes.length + place] = values[i];
  });
  return dense;
}

/** Fit what lies beyond the factors of the genes of a sample. */
export function fitBeyond(sample: Sample, factors: Float64Array, basis: Basis): Refinement {
  const coefficients = regress(sample, factors, basis.depth, basis.scores);
  return { scale: basis.scale, projection: basis.projection, coefficients };
}

/** The factor of each gene; how far the model's level is trusted is estimated from all genes. */
export function fitLevels(sample: Sample): Float64Array {
  const observed = sample.totals();
  const [predicted, noise] = [0, 1].map(() => new Float64Array(sample.genes));
  const [mean, counts] = [0, 1].map(() => new Float32Array(sample.cells));
  for (let gene = 0; gene < sample.genes; gene++) {
    sample.read(gene, 1, mean, counts);
    let total = 0;
    for (let cell = 0; cell < mean.length; cell++) total += mean[cell];
    predicted[gene] = total;
    noise[gene] = rootDispersion(mean, counts);
  }
  const left = observed.map((total, gene) => total - predicted[gene]);
  const [variance] = priorVariance(left, predicted, noise);
  const prior = observed.length > 1 ? clip(1 / variance, LEVEL_PRIORS[0], LEVEL_PRIORS[1]) : LEVEL_PRIOR;
  return observed.map((total, gene) => (prior + total) / (prior + predicted[gene]));
}
