/** Match the genes of a dataset to the genes of a model, by Ensembl id, symbol or alias. */

import type { GeneIndex } from "../bundle/types.js";
import { withoutAffix } from "./affixes.js";
import { BLIND, DUPLICATE, IMPUTED, NOT_A_GENE, NOT_IN_MODEL, PREDICTOR_ONLY } from "./alignment.js";
import { geneLookup, type Rank } from "./lookup.js";
import { refusal } from "./mismatch.js";
import { seeSpecies } from "./species.js";
import type { Alignment, ColumnNames, ModelGenes } from "./types.js";
import { geneWorth, seeingNetworks, worthOf } from "./worth.js";

// Where a model does not say what it needs; and for a single sub-network, which reads mostly fill values below it.
const MIN_COVERAGE = 0.1;
// 200 genes at random leave nothing of a PBMC model's gain over gene mean x library, 300 nearly half of it. Of those
// that tell most a hundred leave more: fewer are enough where the coverage is good.
const LEAST_INPUTS = 200;

/** How genes are matched. */
export interface MatchOptions {
  /** Which columns are gene expression (antibody and guide counts carry gene names too); by default all. */
  readonly expression?: readonly boolean[] | null;
  /** Least coverage of a sub-network whose targets are filled, where it is below 0.1. */
  readonly floor?: number;
}

/**
 * Match dataset columns to model genes, whatever comes of it.
 *
 * An Ensembl id (version ignored) outranks a symbol, a symbol outranks an alias, an alias a name that differs in case, dots
 * or underscores, or that R or a spreadsheet changed. An alias that two genes of the model share matches neither. Names
 * that hold id and symbol are taken apart; what stands before or after every name is taken off, and so is a suffix that
 * made a name unique. The rule is docs/bundle.md's, "Which column is which gene".
 *
 * @param genes - the model's gene index
 * @param names - one or more names for every column of the dataset, sets of one length
 */
export function match(
  genes: GeneIndex,
  names: ColumnNames["spellings"],
  { expression = null, floor = MIN_COVERAGE }: MatchOptions = {},
): Alignment {
  const lookup = geneLookup(genes);
  const sets = names.map((set) => {
    const plain = expression === null ? set : set.map((name, column) => (expression[column] ? name : ""));
    return withoutAffix(plain, (name) => lookup.isGene(name));
  });
  const { geneOfColumn, columnOfGene, isShared } = settled(genes, sets);
  const worth = geneWorth(genes);
  const isMeasured = (row: number): boolean => columnOfGene[row]! >= 0;
  const seeing = seeingNetworks(genes, worth, isMeasured, Math.min(floor, MIN_COVERAGE));
  const reasons = Array.from(geneOfColumn, (row, column) => {
    if (expression !== null && !expression[column]) return NOT_A_GENE;
    if (row < 0) return NOT_IN_MODEL;
    if (!genes.isTarget[row]) return PREDICTOR_ONLY;
    if (isShared[row]) return DUPLICATE;
    const network = genes.subnetwork[row]!;
    return network < 0 || seeing.has(network) ? IMPUTED : BLIND;
  });
  return {
    geneOfColumn,
    columnOfGene,
    reasons,
    inputsFound: genes.inputs.filter(isMeasured).length,
    inputsNeeded: genes.inputs.length,
    targetsFound: reasons.filter((reason) => reason === IMPUTED).length,
    targetsKnown: genes.targets.length,
    coverage: worthOf(worth, isMeasured),
    species: seeSpecies(sets),
  };
}

/**
 * Match the columns of the counts with the genes of a model, and refuse a dataset that is no match for it.
 *
 * @param options - `minCoverage`: least share of what the model reads, by worth; the model's own by default
 * @throws SpeciesError when the dataset is clearly of another species than the model
 * @throws GeneMatchError when the coverage is too low, of too few genes, or no gene could be filled
 */
export function alignColumns(
  bundle: ModelGenes,
  names: ColumnNames,
  { minCoverage }: { minCoverage?: number } = {},
): Alignment {
  const floor = minCoverage ?? bundle.manifest.minCoverage;
  const found = match(bundle.genes, names.spellings, { expression: names.expression, floor });
  const leastInputs = enoughInputs(bundle.genes, minCoverage);
  const refused = refusal(found, bundle, names, { minCoverage: floor, leastInputs });
  if (refused !== null) throw refused;
  return found;
}

/** How many input genes a dataset needs: none where a person said what coverage is enough. */
export function enoughInputs(genes: GeneIndex, minCoverage: number | undefined): number {
  return minCoverage === undefined ? Math.min(LEAST_INPUTS, genes.inputs.length) : 0;
}

/** Settle which columns are which gene: of several that claim one, those that were found by the surest. */
function settled(genes: GeneIndex, sets: ColumnNames["spellings"]) {
  const lookup = geneLookup(genes);
  const others = sets.map((set) => new Set(set));
  const columns = sets[0]?.length ?? 0;
  const geneOfColumn = new Int32Array(columns).fill(-1);
  const ranks = new Uint8Array(columns);
  const bestRank = new Uint8Array(genes.length).fill(255);
  for (let column = 0; column < columns; column++) {
    const spellings = sets.map((set) => set[column] ?? "");
    const hit = lookup.column(spellings, others);
    if (hit === null) continue;
    geneOfColumn[column] = hit.row;
    ranks[column] = hit.rank satisfies Rank;
    bestRank[hit.row] = Math.min(bestRank[hit.row]!, hit.rank);
  }
  const columnOfGene = new Int32Array(genes.length).fill(-1);
  const isShared = new Uint8Array(genes.length);
  for (let column = 0; column < columns; column++) {
    const row = geneOfColumn[column]!;
    if (row < 0) continue;
    if (ranks[column]! > bestRank[row]!) geneOfColumn[column] = -1;
    else if (columnOfGene[row]! < 0) columnOfGene[row] = column;
    else isShared[row] = 1;
  }
  return { geneOfColumn, columnOfGene, isShared };
}
