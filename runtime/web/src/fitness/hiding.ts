/** Hide molecules, to see how well they are predicted from the rest (Batson 2019), drawn as Python's runtime draws. */

import { withoutZeros } from "../calibration/csr.js";
import { Generator } from "../calibration/random.js";
import type { Csr } from "../readers/types.js";
import { binomial } from "./binomial.js";

/** Counts of which a share of the molecules is hidden. */
export interface Fold {
  /** What is left; cells x genes. */
  readonly kept: Csr;
  /** What is hidden; they sum to the counts. */
  readonly hidden: Csr;
}

/**
 * Hide a share of the molecules several times, no molecule twice.
 *
 * @param counts - cells x genes, columns of a cell ascending
 * @param folds - how often
 * @param seed - of the draw
 * @param share - of the molecules
 */
export function* foldMolecules(counts: Csr, folds: number, seed: number, share: number): Iterable<Fold> {
  const random = new Generator([seed, 7]);
  const left = wholeMolecules(counts.values, seed);
  for (let fold = 0; fold < folds; fold++) {
    const chance = share / (1 - share * fold);
    const taken = new Float32Array(left.length);
    for (let i = 0; i < left.length; i++) {
      taken[i] = binomial(random, left[i], chance);
      left[i] -= taken[i];
    }
    const rest = taken.map((hidden, i) => Math.max(counts.values[i] - hidden, 0));
    yield { kept: withoutZeros(counts, rest), hidden: withoutZeros(counts, taken) };
  }
}

/** Whole molecules, fractions rounded up as often as they say: rounded down, a count of .97 would never be hidden. */
function wholeMolecules(counts: Float32Array | Float64Array, seed: number): Float64Array {
  const whole = Float64Array.from(counts, Math.floor);
  if (!whole.every((value, i) => value === counts[i])) {
    const random = new Generator([seed, 8]);
    for (let i = 0; i < whole.length; i++) if (random.random() < Math.fround(counts[i] - whole[i])) whole[i]++;
  }
  return whole;
}
