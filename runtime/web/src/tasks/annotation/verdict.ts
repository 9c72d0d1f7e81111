/** Is a model fit to name these cells? What that rests on, and what it means in words. */

import { GOOD_COVERAGE } from "../../genes/mismatch.js";
import { grouped, onlyCells, percent, roundedPercent } from "../../text/figures.js";
import { LEAST_CELLS, LIMITS, MOST_GENES, UNFIT } from "../limits.js";
import type { Judged } from "../types.js";
import { NO_COUNTS, UNLIKE } from "./columns.js";
import type { TypeRow } from "./table.js";

// Share of cells that a model expects to name right, to the most detailed type.
const GOOD_SURE = 0.8;
// A model that expects to name so little more right than one type for all would tells no types apart in these cells.
const LITTLE = 0.02;
// Where more of the cells are shallower than training cells were, that alone may be why they are unlike them.
const MANY = 0.5;
// 39 cells of four types "fitted" blood with eight, and called what they did not know by their names.
const FEW_TAUGHT = 100;

/** What a verdict on naming cells rests on. */
export interface Evidence {
  /** How many have counts in the model's genes. */
  readonly cells: number;
  /** Share of these that are unlike any type of the model; NaN where that was not looked at. */
  readonly unlike: number;
  /** Share of these that are like some type, but that the model is not even sure of the broad kind of. */
  readonly unsure: number;
  /** Types of which the cells score badly together: probably other ones. */
  readonly off: readonly string[];
  /**
   * Mean probability of the most probable detailed type of a cell, of those that are like some type: the share that the
   * model expects to name right. NaN where there are none.
   */
  readonly sure: number;
  /** The same of calling all of them one type, the best: what the model is to be compared with. */
  readonly oneType: number;
  /** Share of what the genes that the model reads tell it that the dataset's genes hold. */
  readonly coverage: number;
  /** Share of these genes, in number, that the dataset has. */
  readonly genes: number;
  /** Share of the cells that have fewer counts than 99% of the cells that trained it. */
  readonly shallow: number;
  /** How many cells taught it its types; NaN where that is not known. */
  readonly taught: number;
}

/** What was found of every cell. */
export interface Found {
  /** Why each cell is unassigned; empty for those that are not. */
  readonly reasons: readonly string[];
  /** Cells x leaf types, row by row; NaN for cells without counts. */
  readonly probabilities: Float32Array;
  readonly leaves: number;
  readonly rows: readonly TypeRow[];
  /** Whether cells of unknown types were told. */
  readonly tested: boolean;
  readonly coverage: number;
  readonly genes: number;
  /** How many cells are unsure, and shallow. */
  readonly unsure: number;
  readonly shallow: number;
  readonly taught: number;
}

/** What a verdict rests on, from what was found of every cell. */
export function gatherEvidence(found: Found): Evidence {
  const { reasons, probabilities, leaves } = found;
  let [cells, unlike, known, sure] = [0, 0, 0, 0];
  const sums = new Float64Array(leaves);
  for (const [cell, why] of reasons.entries()) {
    if (why !== NO_COUNTS) cells++;
    if (why === UNLIKE) unlike++;
    if (why === NO_COUNTS || why === UNLIKE) continue;
    known++;
    let most = 0;
    for (let leaf = 0; leaf < leaves; leaf++) {
      const probability = probabilities[cell * leaves + leaf];
      sums[leaf] += probability;
      if (probability > most) most = probability;
    }
    sure += most;
  }
  const ofCells = (count: number) => (cells ? count / cells : Number.NaN);
  return {
    cells,
    unlike: found.tested ? unlike / Math.max(cells, 1) : Number.NaN,
    unsure: ofCells(found.unsure),
    off: found.rows.filter((row) => row.off).map((row) => row.name),
    sure: sure / known,
    oneType: Math.max(...sums) / known,
    coverage: found.coverage,
    genes: found.genes,
    shallow: ofCells(found.shallow),
    taught: found.taught,
  };
}

/** Whether a model is fit to name these cells, and why, one sentence a reason. */
export function judge(evidence: Evidence): Judged {
  const { cells, unlike, unsure, sure } = evidence;
  if (Number.isNaN(unlike))
    return { verdict: "not tested", why: ["Whether these are cells of the model's types was not looked at."] };
  if (cells < LEAST_CELLS) {
    const few = onlyCells(cells, "has", "have");
    return {
      verdict: "not tested",
      why: [`${few} counts in the model's genes, and ${LEAST_CELLS} are needed to say anything.`],
    };
  }
  let said = `${roundedPercent(unlike)} of the cells are unlike any type that the model knows`;
  if (unlike + unsure > LIMITS && unsure > 0)
    said += `, and ${roundedPercent(unsure)} more get no name, since it is not sure which type they are of`;
  if (unlike + unsure > UNFIT) {
    const causes = causesOf(evidence);
    const why = causes.length ? [`${said}.`, ...causes] : [`${said}: it was made for other cells.`];
    return { verdict: "does not fit", why };
  }
  const limits = limitsOf(evidence);
  const others = unlike ? "others" : "cells";
  const why = Number.isNaN(sure)
    ? [`${said}.`]
    : [
        `${said}; it expects to name ${percent(sure)} of the ${others} right, to the most detailed type.`,
        `Calling them all one type would be right for ${percent(evidence.oneType)}.`,
      ];
  return { verdict: limits.length ? "fits with limits" : "fits", why: [...why, ...limits] };
}

/** What makes cells of known types look unlike them, and what to do about it. */
function causesOf({ coverage, genes, shallow }: Evidence): string[] {
  const causes: string[] = [];
  if (coverage < GOOD_COVERAGE || genes < MOST_GENES)
    causes.push(
      `The dataset has ${percent(genes)} of the genes that the model reads, and ${percent(coverage)} of what they tell ` +
        "it: with so few genes cells of known types, too, look unlike any. If these are variable genes alone, give it " +
        "all genes that were measured, as raw counts.",
    );
  if (shallow > MANY)
    causes.push(
      `${roundedPercent(shallow)} of the cells have fewer counts than 99% of those that trained the model: such cells ` +
        "of known types, too, look unlike any.",
    );
  return causes;
}

/** What keeps a model that fits from fitting without limits. */
function limitsOf(evidence: Evidence): string[] {
  const limits: string[] = [];
  if (evidence.taught < FEW_TAUGHT)
    limits.push(
      `${grouped(evidence.taught)} cells taught the model its types: too few to tell what is unlike them, or to know how ` +
        "sure to be.",
    );
  if (evidence.unlike + evidence.unsure > LIMITS) {
    const causes = causesOf(evidence);
    limits.push(
      ...(causes.length
        ? causes
        : [
            `In cells of its own tissue these are mostly below ${roundedPercent(LIMITS)}: here are cells of other types, ` +
              "damaged ones, or ones of a platform that is far from those that taught the model.",
          ]),
    );
  }
  if (evidence.off.length)
    limits.push(`Off as a whole, as another type, state or tissue is: ${evidence.off.join(", ")}.`);
  if (evidence.sure < GOOD_SURE)
    limits.push(
      `Models that fit name ${roundedPercent(GOOD_SURE)} right: rely on broader types, or on cells of a higher ` +
        "probability.",
    );
  if (evidence.sure - evidence.oneType < LITTLE)
    limits.push(
      "Nearly all get one type: they may all be of it, or of a tissue of which the model knows but a broad kind. How like " +
        "its training cells they are tells more: place them, too.",
    );
  return limits;
}
