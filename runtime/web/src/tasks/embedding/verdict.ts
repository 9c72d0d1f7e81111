/** Is a model fit to place these cells? What that rests on, and what it means in words. */

import type { Manifest } from "../../bundle/types.js";
import { GOOD_COVERAGE } from "../../genes/mismatch.js";
import { onlyCells, percent, roundedPercent, twoPlaces } from "../../text/figures.js";
import { GOOD_LIKENESS, LEAST_CELLS, LIMITS, MOST_GENES, UNFIT } from "../limits.js";
import type { Judged } from "../types.js";

// To a model of blood, sorted cells have .96, at a tenth of their molecules, too, stimulated ones .85; pancreas .66, lung
// cell lines .60 and .65. How far cells lie from a reference tells nothing: other tissues fall among it.
const LEAST_LIKENESS = 0.8;
// The figure of a card that says whether places tell anything, of which method, beside what places nothing.
const TOLD = "deviance_explained";
const OWN = "cellfill";
const MEANS = "gene mean x library";
// DCA, SAVER-X, scVI and the classifier tell .85 to .92 of what components of the same cells tell, others .66 to .78.
const LEVEL = 0.8;

/** What a verdict on placing cells rests on. */
export interface Evidence {
  /** How many have counts in the model's genes. */
  readonly cells: number;
  /** Correlation of the genes' mean levels with those in the training cells (log1p of counts per 10,000). */
  readonly likeness: number;
  /** Share of the cells that are unlike any type of the model; NaN where it knows none. */
  readonly unlike: number;
  /** Share of what the genes that the model reads tell it that the dataset's genes hold. */
  readonly coverage: number;
  /** Share of these genes, in number, that the dataset has. */
  readonly genes: number;
  /**
   * What the model's own figures say of its places: the share of the deviance of held-back molecules that neighbours
   * tell, mean over its evaluations; NaN where they do not say it, or nothing told any there.
   */
  readonly told: number;
  /** The same of the best of what stands beside it there, as principal components of the same cells. */
  readonly beside: number;
}

/** Whether a model is fit to place these cells, and why, one sentence a reason. */
export function judge(evidence: Evidence): Judged {
  const { cells, likeness, unlike } = evidence;
  if (cells < LEAST_CELLS) {
    const few = onlyCells(cells, "has", "have");
    return {
      verdict: "not tested",
      why: [`${few} counts in the model's genes, and ${LEAST_CELLS} are needed to say anything.`],
    };
  }
  const few = fewGenes(evidence);
  const why = [similarity(likeness)];
  if (!Number.isNaN(unlike))
    why.splice(
      unlike > UNFIT ? 0 : 1,
      0,
      `${roundedPercent(unlike)} of the cells are unlike any type that the model knows.`,
    );
  if (likeness < LEAST_LIKENESS || unlike > UNFIT) {
    const other = "made for other cells: these fall on its map where there is room, and mean nothing there.";
    return {
      verdict: "does not fit",
      why: [...why, ...few, few.length ? `Unless that is why, it was ${other}` : `It was ${other}`],
    };
  }
  const limits: string[] = [];
  if (likeness < GOOD_LIKENESS)
    limits.push(
      "A related tissue, stimulated cells and another platform look alike. Make sure by the model's card.",
    );
  if (unlike > LIMITS) limits.push("Where these lie tells nothing of what they are.");
  if (evidence.told <= 0)
    limits.push(
      "By the model's own figures its places tell nothing of cells, not of those it was judged on: a cell's " +
        "molecules are told no better by its neighbours than by the genes' means.",
    );
  else if (evidence.told < LEVEL * evidence.beside)
    limits.push(
      "By the model's own figures principal components of the same cells place them better: neighbours tell " +
        `${tenths(evidence.beside)} of the deviance of hidden molecules there, and ${tenths(evidence.told)} here.`,
    );
  if (evidence.coverage < GOOD_COVERAGE || (few.length && unlike > LIMITS)) limits.push(...few);
  return { verdict: limits.length ? "fits with limits" : "fits", why: [...why, ...limits] };
}

/** What a model's own figures say of its places, and of the best of others; see `Evidence`. */
export function toldBy(manifest: Manifest): Pick<Evidence, "told" | "beside"> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { task, scores } of manifest.evaluations) {
    if (task !== "embed") continue;
    for (const { method, values } of scores) {
      const told = values[TOLD];
      if (told === undefined || method === MEANS) continue;
      const { sum, count } = sums.get(method) ?? { sum: 0, count: 0 };
      sums.set(method, { sum: sum + told, count: count + 1 });
    }
  }
  const means = new Map([...sums].map(([method, { sum, count }]) => [method, sum / count]));
  const told = means.get(OWN) ?? Number.NaN;
  means.delete(OWN);
  const beside = means.size ? Math.max(...means.values()) : Number.NaN;
  return told > 0 || beside > 0 ? { told, beside } : { told: Number.NaN, beside: Number.NaN };
}

/** Say how like the training cells these are. */
function similarity(likeness: number): string {
  const found = twoPlaces(likeness);
  if (likeness < LEAST_LIKENESS) {
    const beside = `correlation ${found}; ${LEAST_LIKENESS.toFixed(2)} or more is needed`;
    return `The cells are not like those that trained the model, by the mean levels of their genes (${beside}).`;
  }
  if (likeness < GOOD_LIKENESS) {
    const beside = `correlation ${found}; ${GOOD_LIKENESS.toFixed(2)} or more in the same tissue`;
    return `The cells are less like those that trained the model, by the mean levels of their genes (${beside}).`;
  }
  return `The cells are like those that trained the model, by the mean levels of their genes (correlation ${found}).`;
}

/** Say that the dataset has few of the genes that the model reads, where that is so. */
function fewGenes({ coverage, genes }: Evidence): string[] {
  if (coverage >= GOOD_COVERAGE && genes >= MOST_GENES) return [];
  return [
    `The dataset has ${percent(genes)} of the genes that the model reads, and ${percent(coverage)} of what they tell it: ` +
      "cells lie less apart than with all of them, and look less like known ones. If these are variable genes alone, " +
      "give it all genes that were measured, as raw counts.",
  ];
}

/** A share in per cent, to a tenth. */
function tenths(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
