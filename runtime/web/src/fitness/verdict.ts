/** What the figures of a check mean, in words: Python's, but for what only a command can do. */

import type { Judged } from "../tasks/types.js";
import { grouped, percent, roundedPercent, twoPlaces } from "../text/figures.js";
import type { Evidence } from "./types.js";

// docs/check.md has the figures behind these, of models on studies that they have not seen, on other tissues, and on
// genes in a wrong order.
const GOOD_SHARE = 0.7;
const LEAST_SHARE = 0.2;
const GOOD_KNOWLEDGE = 0.62;
const LEAST_KNOWLEDGE = 0.3;
const GOOD_LIKENESS = 0.88;
const LEAST_LIKENESS = 0.6;
// With fewer, a model of a related tissue cannot be told from one of the right tissue.
const SURE_CELLS = 100;
const SURE_GENES = 100;

/** The verdict, and why, one sentence a reason. */
export function judge(evidence: Evidence): Judged {
  const { level, known, knowledge, likeness, genes, helped } = evidence;
  if (level <= 0) {
    const who = Number.isNaN(helped) ? "It" : "By itself, without your cells, it";
    return {
      verdict: "does not fit",
      why: [
        `${who} is worse than knowing nothing but each gene's mean: what it learned of cells is not true of these.`,
      ],
    };
  }
  const why = [
    predicted(Math.round(known * genes), Number.isNaN(helped) ? null : Math.round(helped * genes), genes),
  ];
  if (!Number.isNaN(knowledge)) {
    // Rounded down: what is just short of a limit must not read as if it were there.
    const share = knowledge < 1 ? `${percent(knowledge)} of what` : "all that";
    const beyond = knowledge >= 1 ? `, and more (${percent(knowledge)})` : "";
    why.push(`It knows ${share} many such cells would teach about how they differ${beyond}.`);
  }
  if (known < LEAST_SHARE)
    why.push(`A model that fits predicts ${roundedPercent(LEAST_SHARE)} of the genes better at least.`);
  if (knowledge < LEAST_KNOWLEDGE)
    why.push(`A model of a related tissue knows ${roundedPercent(LEAST_KNOWLEDGE)} at least.`);
  if (likeness < LEAST_LIKENESS)
    why.push(
      `Its genes' levels are unlike those of its training cells (correlation ${twoPlaces(likeness)}; ` +
        `${LEAST_LIKENESS.toFixed(2)} and more in a related tissue): these are other cells, though some of its kind ` +
        "may be among them.",
    );
  if (known < LEAST_SHARE || knowledge < LEAST_KNOWLEDGE || likeness < LEAST_LIKENESS)
    return { verdict: "does not fit", why };
  const limits = limitsOf(evidence);
  return { verdict: limits.length ? "fits with limits" : "fits", why: [...why, ...limits] };
}

/**
 * Say of how many genes a model is better than their mean: by itself, and helped by the cells.
 *
 * @param alone - genes that it predicts better by itself; only the level of each is corrected
 * @param helped - those that it predicts better with all that is learned from the cells; null where nothing is
 * @param genes - how many were judged
 */
export function predicted(alone: number, helped: number | null, genes: number): string {
  const share = Math.floor((alone * 100) / Math.max(genes, 1));
  const ofGenes = `${grouped(alone)} of the ${grouped(genes)} genes that could be checked (${share}%)`;
  if (helped === null) return `It predicts ${ofGenes} better than the gene's mean does.`;
  const byItself = `By itself, without your cells, it predicts ${ofGenes} better than the gene's mean does`;
  return `${byItself}; helped by your cells, ${grouped(helped)}.`;
}

/** What keeps a model that fits from fitting without limits. */
function limitsOf(evidence: Evidence): string[] {
  const limits: string[] = [];
  if (evidence.known < GOOD_SHARE)
    limits.push(`Models that fit predict ${roundedPercent(GOOD_SHARE)} of the genes better.`);
  if (evidence.knowledge < GOOD_KNOWLEDGE)
    limits.push(
      `Models of the same tissue know ${roundedPercent(GOOD_KNOWLEDGE)} and more: rely only on genes that it surely knows.`,
    );
  if (evidence.likeness < GOOD_LIKENESS)
    limits.push(
      "Its genes' levels are less like those of its training cells (correlation " +
        `${twoPlaces(evidence.likeness)}) than in the same tissue (${GOOD_LIKENESS.toFixed(2)} and more): a related ` +
        "tissue, stimulated cells and another platform look alike. Make sure by the model's card.",
    );
  if (!evidence.ahead) limits.push("The counts as they are predict hidden molecules better than imputed ones do.");
  if (evidence.cells < SURE_CELLS)
    limits.push(
      `With fewer than ${SURE_CELLS} cells, a model of a related tissue looks like one of the right tissue: make sure ` +
        "of it by the model's card.",
    );
  if (evidence.genes < SURE_GENES) limits.push(`Fewer than ${SURE_GENES} genes say little.`);
  return limits;
}
