/** How well a dataset covers what a model reads: what `cellfill align` tells. */

import type { GeneIndex } from "../bundle/types.js";
import { commas } from "../text/quoting.js";
import { enoughInputs } from "./align.js";
import { IMPUTED, matchedColumns } from "./alignment.js";
import { GOOD_COVERAGE, refusal } from "./mismatch.js";
import type { Alignment, ColumnNames, ModelGenes } from "./types.js";
import { percent } from "./wording.js";
import { geneWorth } from "./worth.js";

/** An input gene that a dataset lacks, and its share of what all inputs tell the model. */
export interface MissingGene {
  readonly symbol: string;
  readonly ensemblId: string;
  readonly worth: number;
}

/** What of a model's genes a dataset has, and whether that is enough. */
export interface Coverage {
  /** Name of the model. */
  readonly model: string;
  /** `good`; `usable`, which is enough for the model to be of use; or `refused`. */
  readonly verdict: "good" | "usable" | "refused";
  /** Why, where it is refused; else empty. */
  readonly refusal: string;
  /** Share of what the input genes tell the model that the dataset's genes hold, 0 to 1. */
  readonly coverage: number;
  /** The least coverage that is accepted. */
  readonly threshold: number;
  /** How many input genes are needed where the coverage is not good; 0 where a person set the threshold. */
  readonly leastInputs: number;
  /** Columns of the dataset. */
  readonly genes: number;
  /** Columns that are a gene of the model. */
  readonly genesMatched: number;
  /** Columns that share their gene with another: they are summed. */
  readonly columnsSummed: number;
  readonly inputsFound: number;
  readonly inputsNeeded: number;
  /** Genes that the model fills, of this dataset. */
  readonly targetsFilled: number;
  readonly targetsKnown: number;
  /** For each reason the number of the dataset's columns that are not filled for it, the commonest first. */
  readonly notFilled: ReadonlyMap<string, number>;
  /** The missing input genes of the highest worth, worst first. */
  readonly worstMissing: readonly MissingGene[];
  /** What the dataset can be from, empty where the names do not tell; and what told. */
  readonly species: readonly string[];
  readonly speciesWhy: string;
  /** The one line to know, for a person: the verdict, and what it rests on. */
  readonly headline: string;
  /** All the rest for a person: lines of a label and a text. */
  readonly lines: readonly (readonly [string, string])[];
}

const WORST = 10;

/**
 * Say how well the genes of a dataset go with a model's.
 *
 * @param alignment - of `match` with the model's own least coverage as `floor`, or of `alignColumns`
 * @param options - `minCoverage`: least coverage that is accepted; the model's own by default
 */
export function describe(
  bundle: ModelGenes,
  names: ColumnNames,
  alignment: Alignment,
  { minCoverage }: { minCoverage?: number } = {},
): Coverage {
  const { manifest, genes } = bundle;
  const threshold = minCoverage ?? manifest.minCoverage;
  const leastInputs = enoughInputs(genes, minCoverage);
  const refused = refusal(alignment, bundle, names, { minCoverage: threshold, leastInputs });
  const isGood = alignment.coverage >= Math.max(GOOD_COVERAGE, threshold);
  const found = {
    model: manifest.name,
    verdict: refused ? "refused" : isGood ? "good" : "usable",
    refusal: refused?.message ?? "",
    coverage: alignment.coverage,
    threshold,
    leastInputs,
    genes: alignment.geneOfColumn.length,
    genesMatched: matchedColumns(alignment),
    columnsSummed: columnsSummed(alignment),
    inputsFound: alignment.inputsFound,
    inputsNeeded: alignment.inputsNeeded,
    targetsFilled: alignment.targetsFound,
    targetsKnown: alignment.targetsKnown,
    notFilled: notFilled(alignment),
    worstMissing: worstMissing(genes, alignment),
    species: alignment.species.possible,
    speciesWhy: alignment.species.why,
  } as const;
  return { ...found, headline: inWords(found), lines: linesOf(found) };
}

function columnsSummed({ geneOfColumn }: Alignment): number {
  const columns = new Map<number, number>();
  for (const row of geneOfColumn) if (row >= 0) columns.set(row, (columns.get(row) ?? 0) + 1);
  return [...columns.values()].reduce((sum, number) => sum + (number > 1 ? number : 0), 0);
}

function notFilled({ reasons }: Alignment): Map<string, number> {
  const found = new Map<string, number>();
  for (const reason of reasons) if (reason !== IMPUTED) found.set(reason, (found.get(reason) ?? 0) + 1);
  return new Map([...found].sort(([, a], [, b]) => b - a));
}

function worstMissing(genes: GeneIndex, { columnOfGene }: Alignment): MissingGene[] {
  const worth = geneWorth(genes).map((value, row) => (columnOfGene[row]! < 0 ? value : 0));
  const rows = Array.from(worth.keys()).sort((a, b) => worth[b]! - worth[a]!);
  return rows
    .slice(0, WORST)
    .filter((row) => worth[row]! > 0)
    .map((row) => ({
      symbol: genes.symbols[row] ?? "",
      ensemblId: genes.ensemblIds[row] ?? "",
      worth: worth[row]!,
    }));
}

/** How much coverage a model needs, of how many genes. */
function needed(threshold: number, least: number): string {
  if (!least || threshold >= GOOD_COVERAGE) return percent(threshold);
  return `${percent(threshold)} of ${commas(least)} genes or more, or ${percent(GOOD_COVERAGE, 0)} of fewer,`;
}

/** Say it to a person, in lines. */
function linesOf(c: Omit<Coverage, "lines" | "headline">): (readonly [string, string])[] {
  const species = c.species.join(" or ") || "not known";
  const summed = c.columnsSummed ? `; ${commas(c.columnsSummed)} columns share a gene and are summed` : "";
  const lines: (readonly [string, string])[] = [
    ["model", c.model],
    ["species", `${species} (${c.speciesWhy})`],
    ["genes", `${commas(c.genesMatched)} of your ${commas(c.genes)} are the model's${summed}`],
    [
      "coverage",
      `${percent(c.coverage)} of what the model reads (${commas(c.inputsFound)} of ${commas(c.inputsNeeded)} genes); ` +
        `at least ${needed(c.threshold, c.leastInputs)} is needed`,
    ],
  ];
  if (c.targetsKnown) {
    const known = commas(c.targetsKnown);
    lines.push(["filled", `${commas(c.targetsFilled)} genes of the ${known} that the model can fill`]);
    for (const [reason, number] of c.notFilled) lines.push(["not filled", `${commas(number)}: ${reason}`]);
  }
  const worst = c.worstMissing.map((gene) => `${gene.symbol || gene.ensemblId} ${percent(gene.worth)}`);
  if (worst.length > 0) lines.push(["missed most", worst.join(", ")]);
  return lines;
}

/** The one line to know, which comes first. */
function inWords(c: Omit<Coverage, "lines" | "headline">): string {
  if (c.verdict === "refused") return `refused: ${c.refusal}`;
  const found = `${percent(c.coverage)} of what the model reads is there`;
  if (c.verdict === "good") return `good: ${found}`;
  return `usable: only ${found}${c.targetsKnown ? "; calibration makes up for a part of what is missing" : ""}`;
}
