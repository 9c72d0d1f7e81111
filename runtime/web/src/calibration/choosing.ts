/** How far a calibration goes: each part must help on cells and genes that were kept aside. */

import { correctBeyond } from "./corrections.js";
import { countsOf, depthAlone, fitBeyond, fitLevels, withScores } from "./fitting.js";
import { turned } from "./regression.js";
import type { Sample } from "./sample.js";
import { PARTS, type Part } from "./types.js";

// Whether a part helps is judged on half of so many cells, by its gain in standard errors. Level and contrast have
// priors and are left out where they do harm; the scores, which have the most freedom, must do good.
const CHECK_CELLS = 1024;
const LEAST_CHECK_CELLS = 20;
const STANDARD_ERRORS: Readonly<Record<Exclude<Part, "none">, number>> = { level: -2, contrast: -2, scores: 1 };
const LEAST_MEAN = Math.fround(1e-9);

/**
 * The furthest part that raises the likelihood of genes and cells that had no part in its fit.
 *
 * Fitted on every other cell, with scores made of every other gene; judged on the other cells and the other genes, so
 * that no count is predicted from itself. The cells come in an order without meaning.
 */
export function choosePart(sample: Sample): Part {
  const cells = Math.min(sample.cells, CHECK_CELLS);
  if (cells < LEAST_CHECK_CELLS) return "contrast";
  const [scored, judged] = [everyOther(0, sample.genes), everyOther(1, sample.genes)];
  const some = sample.take(everyOther(0, cells), null);
  const held = sample.take(everyOther(1, cells), null);
  const fitted = some.take(null, judged);
  const factors = fitLevels(fitted);
  const heldJudged = held.take(null, judged);
  const mean = turned(heldJudged.mean, heldJudged.genes, heldJudged.cells);
  const truth = countsOf(heldJudged, Int32Array.from(judged.keys()));
  let chosen: Part = "none";
  let before = likelihood(mean, truth, held.cells);
  for (const part of PARTS) {
    if (part === "none") continue;
    let told: Float32Array;
    if (part === "level") told = mean.map((value, at) => value * Math.fround(factors[at % judged.length]));
    else {
      const basis = part === "scores" ? withScores(some, scored) : depthAlone(some.sizeFactors);
      const refinement = fitBeyond(fitted, factors, basis);
      const counts = countsOf(held, refinement.projection?.genes ?? new Int32Array(0));
      told = correctBeyond(refinement, mean, counts, held.sizeFactors, new Float32Array(mean.length));
    }
    const now = likelihood(told, truth, held.cells);
    const gain = now.map((value, cell) => value - before[cell]);
    const { average, deviation } = spread(gain);
    if (average > (STANDARD_ERRORS[part] * deviation) / Math.sqrt(gain.length)) [chosen, before] = [part, now];
  }
  return chosen;
}

function everyOther(from: number, to: number): Int32Array {
  return Int32Array.from({ length: Math.ceil((to - from) / 2) }, (_, i) => from + 2 * i);
}

/** The log likelihood of each cell, but for a constant. */
function likelihood(mean: Float32Array, counts: Float32Array, cells: number): Float64Array {
  const genes = mean.length / cells;
  const found = new Float64Array(cells);
  for (let cell = 0, at = 0; cell < cells; cell++) {
    let sum = 0;
    for (let gene = 0; gene < genes; gene++, at++) {
      sum -= mean[at];
      if (counts[at] !== 0) sum += counts[at] * Math.log(Math.max(mean[at], LEAST_MEAN));
    }
    found[cell] = sum;
  }
  return found;
}

function spread(values: Float64Array): { average: number; deviation: number } {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return { average, deviation: Math.sqrt(squares / values.length) };
}
