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

/** The verdict, and why, one sentence a reason: first what keeps the model from fitting, if anything. */
export function judge(evidence: Evidence): Judged {
  if (evidence.level <= 0) {
    const who = Number.isNaN(evidence.helped) ? "It" : "By itself, it";
    const said =
      "predicts these cells worse than the gene's mean does: what it learned of others is not true of these, or it has " +
      "learnt too little (its card says how good it is).";
    return { verdict: "does not fit", why: [`${who} ${said}`] };
  }
  const told = [genesBetter(evidence), differences(evidence), similarity(evidence)].filter(
    (fact) => fact.said !== "",
  );
  const facts = SEVEREST.flatMap((verdict) => told.filter((fact) => fact.verdict === verdict)).map(
    (fact) => fact.said,
  );
  if (told.some((fact) => fact.verdict === "does not fit")) return { verdict: "does not fit", why: facts };
  const advice = adviceOn(evidence);
  const limited = advice.length > 0 || told.some((fact) => fact.verdict !== "fits");
  return { verdict: limited ? "fits with limits" : "fits", why: [...facts, ...advice, ...notesOn(evidence)] };
}

/** One of the facts that decide, what it would make of the verdict alone, and a sentence; empty for none. */
interface Fact {
  readonly verdict: "fits" | "fits with limits" | "does not fit";
  readonly said: string;
}

const SEVEREST: readonly Fact["verdict"][] = ["does not fit", "fits with limits", "fits"];

/** What a figure makes of the verdict; one that was not measured, nothing. */
function levelOf(value: number, least: number, good: number): Fact["verdict"] {
  if (value < least) return "does not fit";
  return value < good ? "fits with limits" : "fits";
}

/** What the model knows of how these cells differ. */
function differences({ knowledge }: Evidence): Fact {
  if (Number.isNaN(knowledge)) return { verdict: "fits", said: "" };
  const verdict = levelOf(knowledge, LEAST_KNOWLEDGE, GOOD_KNOWLEDGE);
  const beside = {
    fits: "",
    "fits with limits": `; models of the same tissue predict ${roundedPercent(GOOD_KNOWLEDGE)} or more`,
    "does not fit": `; a model of a related tissue predicts ${roundedPercent(LEAST_KNOWLEDGE)} or more`,
  }[verdict];
  if (knowledge >= 1) {
    const said =
      "It predicts the differences between these cells as well as many such cells would teach them, or better";
    return { verdict, said: `${said} (${percent(knowledge)}).` };
  }
  // Rounded down: what is just short of a limit must not read as if it were there.
  const share = `${percent(knowledge)} of the differences between these cells that many such cells would teach`;
  return { verdict, said: `It predicts ${share}${beside}.` };
}

/** How many genes the model predicts better than their mean. */
function genesBetter({ known, helped, genes }: Evidence): Fact {
  const verdict = levelOf(known, LEAST_SHARE, GOOD_SHARE);
  const beside = {
    fits: "",
    "fits with limits": `one that fits without limits: ${roundedPercent(GOOD_SHARE)} or more`,
    "does not fit": `one that fits: ${roundedPercent(LEAST_SHARE)} or more`,
  }[verdict];
  const alone = Math.round(known * genes);
  return {
    verdict,
    said: predicted(alone, Number.isNaN(helped) ? null : Math.round(helped * genes), genes, beside),
  };
}

/**
 * Say of how many genes a model is better than their mean: by itself, and corrected on the cells.
 *
 * @param alone - genes that it predicts better by itself; only the level of each is corrected
 * @param helped - those that it predicts better with all that is learned from the cells; null where nothing is
 * @param genes - how many were judged
 * @param beside - what stands beside the first of these, in brackets
 */
export function predicted(alone: number, helped: number | null, genes: number, beside = ""): string {
  const share = Math.floor((alone * 100) / Math.max(genes, 1));
  const said = `${grouped(alone)} of ${grouped(genes)} genes (${share}%) better than the gene's mean does`;
  const ofGenes = beside ? `${said} (${beside})` : said;
  if (helped === null) return `It predicts ${ofGenes}.`;
  return `By itself, it predicts ${ofGenes}; corrected on your cells, ${grouped(helped)}.`;
}

/** That the genes' levels are not those of the training cells, where that is so. */
function similarity({ likeness }: Evidence): Fact {
  const verdict = levelOf(likeness, LEAST_LIKENESS, GOOD_LIKENESS);
  if (verdict === "fits") return { verdict, said: "" };
  const found = twoPlaces(likeness);
  if (verdict === "does not fit")
    return {
      verdict,
      said:
        `The genes' mean levels are not those of its training cells (correlation ${found}; ` +
        `${LEAST_LIKENESS.toFixed(2)} or more in a related tissue): these are other cells, though some of its kind may ` +
        "be among them.",
    };
  return {
    verdict,
    said:
      `The genes' mean levels are less similar to those of its training cells (correlation ${found}) than in the same ` +
      `tissue (${GOOD_LIKENESS.toFixed(2)} or more): a related tissue, stimulated cells and another platform look ` +
      "alike. Make sure by the model's card.",
  };
}

/** What to know of a model that fits; it limits nothing. */
function notesOn({ ahead }: Evidence): string[] {
  if (ahead) return [];
  return [
    "Where a gene was counted, its count says more than the prediction does: keep it, as the default does, or weigh " +
      "both.",
  ];
}

/** What else keeps a model that fits from fitting without limits, and what to do. */
function adviceOn(evidence: Evidence): string[] {
  const advice: string[] = [];
  if (evidence.knowledge < GOOD_KNOWLEDGE) advice.push("Rely only on genes that it surely predicts.");
  if (evidence.cells < SURE_CELLS)
    advice.push(
      `With fewer than ${SURE_CELLS} cells, a model of a related tissue looks like one of the right tissue: make sure ` +
        "by the model's card.",
    );
  if (evidence.genes < SURE_GENES) advice.push(`Fewer than ${SURE_GENES} genes say little.`);
  return advice;
}
