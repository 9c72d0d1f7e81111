/**
 * The three estimates that are all called "the imputed value", in closed form; see docs/bundle.md, "Running a model".
 *
 * With mu the model's mean count of a gene in a cell, given the cell's other genes:
 *
 * `expected` is mu. `expressed` is E[count | count > 0] = mu / (1 - exp(-mu)), the mean of a zero-truncated Poisson, which
 * DeepImpute's loss learns (Arisdakessian 2019). `posterior` is E[rate | the entry's own count x] = (phi + x) / (phi / mu
 * + 1), the Gamma-Poisson mean with the gene's inverse dispersion phi (SAVER, Huang et al. 2018).
 */

import { EstimateError } from "../../errors.js";

/** What an imputed value is. */
export type Estimate = "expected" | "expressed" | "posterior";

const ESTIMATES: readonly string[] = ["expected", "expressed", "posterior"];
const DEFAULT_ESTIMATE: Estimate = "expected";
const LEAST_MEAN = Math.fround(1e-6);

/**
 * The estimate to give: the one asked for, or the default where the model has it.
 *
 * @throws EstimateError when the model does not have the one asked for
 */
export function chooseEstimate(asked: string | undefined, available: readonly string[]): Estimate {
  if (asked !== undefined && !isEstimate(asked))
    throw new EstimateError(`estimate is '${asked}'; it must be one of ${ESTIMATES.join(", ")}.`);
  const chosen = asked ?? (available.includes(DEFAULT_ESTIMATE) ? DEFAULT_ESTIMATE : available[0]);
  if (!available.includes(chosen) || !isEstimate(chosen))
    throw new EstimateError(
      `This model does not give the estimate '${chosen}', only ${available.join(", ")}: its loss does not learn the ` +
        `others. Ask for ${available[0]} or choose another model.`,
    );
  return chosen;
}

function isEstimate(name: string): name is Estimate {
  return ESTIMATES.includes(name);
}

/** Zero-truncated Poisson mean, mu / (1 - exp(-mu)), in counts; 1 at mu = 0. */
export function expressed(mean: number): number {
  const safe = Math.max(mean, LEAST_MEAN);
  return Math.max(safe / -Math.expm1(-safe), 1);
}

/**
 * Gamma-Poisson posterior mean of the rate, mu (phi + x) / (phi + mu), in counts, between mean and count.
 *
 * @param inverseDispersion - phi of the gene: the rate's variance is mu^2 / phi
 */
export function posterior(mean: number, count: number, inverseDispersion: number): number {
  return (mean * (inverseDispersion + count)) / (inverseDispersion + mean);
}
