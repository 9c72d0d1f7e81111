/** The answer for a cell: down the tree of types as far as the model is sure. */

import type { Classes } from "../../bundle/types.js";

const ROUNDING = 1e-6; // of probabilities that were summed in float32
const ABOVE_ROOTS = -1;
const STOPPED = -2; // nobody's parent

/** Types of cells. */
export interface Answers {
  /** Row of the type in the classes, one a cell; -1 where no root is sure enough. */
  readonly types: Int32Array;
  /** Its probability; where there is no answer that of the most probable root. */
  readonly probability: Float32Array;
}

/** How sure an answer must be, and how far down it may go. */
export interface Descent {
  /** Least probability of an answer. */
  readonly confidence: number;
  /** How many steps down at most, 1 for a root; null for all. */
  readonly level: number | null;
}

/**
 * Choose the most detailed type of each cell that is sure enough.
 *
 * From the roots of the tree to its leaves the most probable type is taken, as long as its probability, the sum of its
 * leaves', is at least the confidence.
 *
 * @param probabilities - cells x leaves, row by row; NaN counts as 0
 */
export function descend(classes: Classes, probabilities: Float32Array, { confidence, level }: Descent): Answers {
  const leaves = classes.leaves.length;
  const cells = probabilities.length / leaves;
  const least = Math.fround(confidence - ROUNDING);
  const steps = level ?? classes.levels.reduce((most, at) => Math.max(most, at), 0) + 1;
  const order = deepestFirst(classes);
  const summed = new Float32Array(classes.names.length);
  const types = new Int32Array(cells);
  const probability = new Float32Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    sumUp(classes, order, probabilities.subarray(cell * leaves, (cell + 1) * leaves), summed);
    let at = ABOVE_ROOTS;
    let answer = -1;
    for (let step = 0; step < steps && at !== STOPPED; step++) {
      const best = likeliestBelow(classes, summed, at);
      const value = best < 0 ? -1 : summed[best];
      if (step === 0) probability[cell] = Math.max(value, 0);
      if (value >= least && best >= 0) {
        [answer, at] = [best, best];
        probability[cell] = value;
      } else at = STOPPED;
    }
    types[cell] = answer;
  }
  return { types, probability };
}

/** The likeliest of the types whose parent is where a cell stands; the first of equal ones, -1 where there is none. */
function likeliestBelow(classes: Classes, summed: Float32Array, at: number): number {
  let best = -1;
  for (let row = 0; row < summed.length; row++)
    if (classes.parents[row] === at && (best < 0 || summed[row] > summed[best])) best = row;
  return best;
}

/** Rows with the lowest of the tree first, so that what is added to a parent is whole. */
function deepestFirst(classes: Classes): number[] {
  const rows = Array.from(classes.names, (_, row) => row);
  return rows.sort((a, b) => classes.levels[b] - classes.levels[a] || a - b);
}

/** Write the probability of every type: of one with types below it, the sum of its leaves'. */
function sumUp(classes: Classes, order: readonly number[], ofLeaves: Float32Array, summed: Float32Array): void {
  summed.fill(0);
  for (let leaf = 0; leaf < ofLeaves.length; leaf++) summed[classes.leaves[leaf]] = ofLeaves[leaf] || 0;
  for (const row of order) if (classes.parents[row] >= 0) summed[classes.parents[row]] += summed[row];
}
