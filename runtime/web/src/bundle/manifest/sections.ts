/** What the manifest says of one task only; a model without the task has no such section. */

import { BundleError } from "../../errors.js";
import { clip, quoted, quotedList, shown } from "../../text/quoting.js";
import { list, number, oneOf, optional, record, text, whole } from "../strict.js";
import type { Manifest } from "../types.js";
import { areDistinct } from "./graph.js";

const KEY = /^X_[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

export const estimate = oneOf("expected", "expressed", "posterior");

/** Of each sub-network its size, and how its training ended. */
export const subnetworks = list(
  record({ targets: whole, predictors: whole, best_epoch: whole, held_out_loss: number }),
);

/** What a model that imputes says of it. */
export const imputation = record({ estimates: list(estimate), subnetworks }, (found) =>
  checkEstimates(found.estimates),
);

const unknownScore = record({ score: oneOf("profile", "energy"), quantiles: list(list(number)) });

const unknown = record({ threshold: number, levels: list(number), scores: list(unknownScore) }, (found) => {
  if (!isShare(found.threshold))
    throw new BundleError(
      `manifest.json: the threshold of unknown cells is ${shown(found.threshold)}, not from 0 to 1.`,
    );
  if (found.levels.length < 2 || !ascend(found.levels, true) || !found.levels.every(isShare))
    throw new BundleError("manifest.json: the levels of quantiles must ascend, from 0 to 1, and be at least two.");
  const kinds = found.scores.map((score) => score.score);
  if (!kinds.length || !areDistinct(kinds))
    throw new BundleError(
      `manifest.json: scores of unknown cells must be distinct and at least one: ${quotedList(kinds.slice(0, 9))}.`,
    );
  for (const { score, quantiles } of found.scores)
    for (const row of quantiles)
      if (row.length !== found.levels.length || !ascend(row, false))
        throw new BundleError(`manifest.json: the quantiles of the score ${score} must ascend, one a level.`);
});

/** What a model that names cell types says of it. */
export const annotation = record({ confidence: number, unknown: optional(unknown) }, ({ confidence }) => {
  if (!isShare(confidence))
    throw new BundleError(
      `manifest.json: the least confidence is ${shown(confidence)}; it is a share, from 0 to 1.`,
    );
});

/** What a model that embeds says of it: what its coordinates are called by default. */
export const embedding = record({ key: text }, ({ key }) => {
  if (!KEY.test(key))
    throw new BundleError(
      `manifest.json: ${quoted(clip(key, 60))} is no key of an embedding; X_ and letters or digits.`,
    );
});

/**
 * Refuse estimates that are none, or that are named twice.
 *
 * @throws BundleError with the estimates
 */
export function checkEstimates(estimates: readonly string[]): void {
  if (estimates.length && areDistinct(estimates)) return;
  const tuple = estimates.map(quoted).join(", ") + (estimates.length === 1 ? "," : "");
  throw new BundleError(`manifest.json: estimates must be distinct and at least one: (${tuple}).`);
}

/**
 * Refuse tables of quantiles that are neither for all classes nor for each of so many leaves.
 *
 * @throws BundleError with the table
 */
export function checkLeaves(manifest: Manifest, leaves: number): void {
  for (const { score, quantiles } of manifest.annotation?.unknown?.scores ?? [])
    if (quantiles.length !== 1 && quantiles.length !== leaves)
      throw new BundleError(
        `manifest.json has ${quantiles.length} rows of quantiles of the score ${score}, and ` +
          `classes.tsv ${leaves} leaf classes: it needs one row, or one a leaf.`,
      );
}

/** Whether a number is from 0 to 1. */
export function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function ascend(values: readonly number[], strictly: boolean): boolean {
  return values.every((value, i) => i === 0 || values[i - 1] < value || (values[i - 1] === value && !strictly));
}
