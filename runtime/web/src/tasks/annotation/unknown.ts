/**
 * Is a cell any of the model's types? How typical it is of the one that it is nearest to, among known cells.
 *
 * The softmax's own confidence cannot say it: a cell of a type that training never saw is often surer than the cells of
 * the type that it is taken for.
 */

import type { Profiles, Unknown } from "../../bundle/types.js";
import type { InputCells } from "../../network/types.js";

/** What is needed to say how typical cells are; made once a dataset. */
export interface Typicality {
  readonly unknown: Unknown;
  readonly profiles: MeasuredProfiles | null;
}

/** The profiles of the types, for the genes that a dataset measured. */
export interface MeasuredProfiles {
  /** Leaf types x input genes: log of the share of a cell's molecules; 0 for genes that were not measured. */
  readonly logShares: Float64Array;
  /** Of these shares, one a leaf, in nats. */
  readonly entropies: Float64Array;
  /** Places of the input genes that were measured. */
  readonly measured: Int32Array;
}

/**
 * Prepare the profiles of the types for the genes that a dataset measured.
 *
 * @param measured - which input genes the dataset has, one a gene
 */
export function typicality(profiles: Profiles | null, measured: readonly boolean[], unknown: Unknown): Typicality {
  if (profiles === null) return { unknown, profiles: null };
  const { shares, leaves } = profiles;
  const genes = measured.length;
  const places = Int32Array.from(measured.keys()).filter((gene) => measured[gene]);
  const logShares = new Float64Array(leaves * genes);
  const entropies = new Float64Array(leaves);
  for (let leaf = 0; leaf < leaves; leaf++) {
    let total = 0;
    for (const gene of places) total += shares[gene * leaves + leaf];
    total = Math.max(total, 2 ** -1022);
    for (const gene of places) {
      const share = shares[gene * leaves + leaf] / total;
      const log = Math.log(share > 0 ? share : 1);
      logShares[leaf * genes + gene] = log;
      entropies[leaf] -= share * log;
    }
  }
  return { unknown, profiles: { logShares, entropies, measured: places } };
}

/**
 * The product of a cell's ranks among known cells, from 0 to 1.
 *
 * Two low ranks count more than one: at as many known cells kept, the product finds more foreign ones than the lesser of
 * the two.
 *
 * @param leaves - the most probable leaf type of each cell
 * @param energies - one a cell: log of the sum of the exponentials of the classifier's logits; null where it gives none
 */
export function ranks(
  { unknown, profiles }: Typicality,
  cells: InputCells,
  leaves: Int32Array,
  energies: Float32Array | null,
): Float32Array {
  const product = new Float64Array(cells.cells).fill(1);
  for (const { score, quantiles } of unknown.scores) {
    const values = score === "profile" && profiles ? profileScores(profiles, cells, leaves) : energies;
    if (!values) throw new TypeError(`a score ${score} without what it is made of`);
    for (let cell = 0; cell < cells.cells; cell++)
      product[cell] *= rank(
        values[cell],
        quantiles.length === 1 ? quantiles[0] : quantiles[leaves[cell]],
        unknown.levels,
      );
  }
  return Float32Array.from(product);
}

/**
 * The mean log probability of a cell's molecules in its type's profile, plus the profile's entropy.
 *
 * Its mean over cells of the type does not depend on how deep they are.
 */
function profileScores(
  profiles: MeasuredProfiles,
  { cells, inputs }: InputCells,
  leaves: Int32Array,
): Float64Array {
  const { logShares, entropies, measured } = profiles;
  const scores = new Float64Array(cells);
  const genes = cells ? inputs.length / cells : 0;
  for (let cell = 0; cell < cells; cell++) {
    let total = 0;
    let logs = 0;
    for (const gene of measured) {
      const count = inputs[cell * genes + gene];
      if (count === 0) continue;
      total += count;
      logs += count * logShares[leaves[cell] * genes + gene];
    }
    // Without a molecule that is read nothing speaks for the type.
    scores[cell] = total > 0 ? logs / total + entropies[leaves[cell]] : -Infinity;
  }
  return scores;
}

/** Linear between quantiles; 0 below the first, 1 above the last; of equal ones the highest rank. */
export function rank(value: number, quantiles: readonly number[], levels: readonly number[]): number {
  const last = quantiles.length - 1;
  if (Number.isNaN(value)) return value;
  if (value < quantiles[0]) return 0;
  if (value > quantiles[last]) return 1;
  let [low, high] = [0, last + 1]; // quantiles[low] <= value, and all from high on are above it
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (quantiles[middle] <= value) low = middle;
    else high = middle;
  }
  if (low === last || quantiles[low] === value) return levels[low];
  const slope = (levels[low + 1] - levels[low]) / (quantiles[low + 1] - quantiles[low]);
  return slope * (value - quantiles[low]) + levels[low];
}
