/** The shares of the types in new cells, when they are others than in training: label shift. */

const MOST_STEPS = 200;
const CLOSE = 1e-5;
// How many times more frequent than in training a type may be held for: without a bound a type of a dozen training
// cells, of which little is known, takes the cells of the others.
const MOST_TIMES = 10;
// No type of training cells is rarer; a manifest's number that is all but zero would overflow as a divisor.
const SEEN = 1e-12;

/**
 * Estimate the shares of the types in new cells by expectation-maximisation.
 *
 * Saerens, Latinne & Decaestecker, Neural Computation 14:21, 2002: each step weighs the classifier's probabilities by how
 * much more frequent a type is than in training, and takes the mean of what comes out.
 *
 * @param probabilities - cells x leaf types, row by row, as the classifier gives them; at least one cell
 * @param trained - share of each type among the cells that trained it; sums to 1
 * @returns share of each type in the new cells, at most ten times that in training; sums to 1
 */
export function estimateShares(probabilities: Float32Array, trained: Float64Array): Float64Array {
  const types = trained.length;
  const cells = probabilities.length / types;
  const most = trained.map((share) => share * MOST_TIMES);
  let shares: Float64Array = trained.slice();
  for (let step = 0; step < MOST_STEPS; step++) {
    const weights = weightsOf(shares, trained);
    const sums = new Float64Array(types);
    const row = new Float64Array(types);
    for (let cell = 0; cell < cells; cell++) {
      reweighRow(probabilities, cell * types, weights, row);
      for (let type = 0; type < types; type++) sums[type] += row[type];
    }
    const found = bounded(
      sums.map((sum) => sum / cells),
      most,
    );
    const moved = found.reduce((largest, share, type) => Math.max(largest, Math.abs(share - shares[type])), 0);
    if (moved < CLOSE) return found;
    shares = found;
  }
  return shares;
}

/** How much more frequent each type is than in training; 0 for one that training never saw. */
export function weightsOf(shares: Float64Array, trained: Float64Array): Float64Array {
  return shares.map((share, type) => (trained[type] > SEEN ? share / trained[type] : 0));
}

/** Probabilities (cells x types) times a weight a type, each row's sum 1 again, in place. */
export function reweigh(probabilities: Float32Array, weights: Float64Array): void {
  const row = new Float64Array(weights.length);
  for (let start = 0; start < probabilities.length; start += weights.length) {
    reweighRow(probabilities, start, weights, row);
    probabilities.set(row, start);
  }
}

function reweighRow(probabilities: Float32Array, start: number, weights: Float64Array, row: Float64Array): void {
  let total = 0;
  for (let type = 0; type < weights.length; type++) {
    row[type] = probabilities[start + type] * weights[type];
    total += row[type];
  }
  for (let type = 0; type < weights.length; type++)
    row[type] = total > 0 ? row[type] / total : probabilities[start + type];
}

/** Hold shares to a largest one each; what is above goes to the others as they are to one another. */
function bounded(shares: Float64Array, most: Float64Array): Float64Array {
  let [others, held] = [0, 0];
  for (let type = 0; type < shares.length; type++) {
    if (shares[type] >= most[type]) held += most[type];
    else others += shares[type];
  }
  if (others <= 0 || !shares.some((share, type) => share >= most[type])) return shares;
  return shares.map((share, type) => (share >= most[type] ? most[type] : (share * (1 - held)) / others));
}
