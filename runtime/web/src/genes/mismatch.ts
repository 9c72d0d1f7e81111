/** Why a dataset is no match for a model, and where else the names of its genes may be. */

import type { GeneIndex } from "../bundle/types.js";
import { GeneMatchError, SpeciesError } from "../errors.js";
import { clip, commas, quoted } from "../text/quoting.js";
import { usualAffix } from "./affixes.js";
import { blindColumns, inSeveralColumns, matchedColumns } from "./alignment.js";
import { geneLookup } from "./lookup.js";
import { shown } from "./names.js";
import { sameSpecies } from "./species.js";
import type { Alignment, ColumnNames, ModelGenes } from "./types.js";
import { fixed } from "./wording.js";

// So many cells called as genes are no chance, as wells called A1 are; a small model knows a twelfth of all genes.
const [LEAST_NAMES, LEAST_SHARE] = [10, 0.05];
const MOST_COLUMNS = 10;
/**
 * On subsets of the genes of a PBMC study, nine tenths of the model's gain over gene mean x library are left from here on,
 * whether the genes are variable, highly expressed, or drawn at random.
 */
export const GOOD_COVERAGE = 0.5;

/** What a model needs of a dataset's genes. */
export interface Needs {
  /** Least coverage that is accepted. */
  readonly minCoverage: number;
  /** Fewer input genes than these are accepted only with a coverage of `GOOD_COVERAGE`. */
  readonly leastInputs: number;
}

/** The error that says why a dataset is no match for a model; null where it is one. */
export function refusal(
  alignment: Alignment,
  { genes, manifest }: ModelGenes,
  names: ColumnNames,
  needs: Needs,
): GeneMatchError | null {
  const { inputsFound, coverage, species } = alignment;
  const looks = shown(names.spellings);
  if (!sameSpecies(manifest.species, species) && species.together)
    return new SpeciesError(
      `The dataset has genes of ${species.species} in one table (${species.why}), and a model is for cells and genes of ` +
        "one. Split it by species, adata[cells_of_one, genes_of_one].copy(), and use a model for each part.",
    );
  if (!sameSpecies(manifest.species, species))
    return new SpeciesError(
      `The model is for ${manifest.species}; the dataset's genes look like ${looks}: ${species.species} ` +
        `(${species.why}). What it learned does not hold there: use a model for ${species.species}.`,
    );
  const isFew = inputsFound < needs.leastInputs && coverage < GOOD_COVERAGE;
  const ofUse = alignment.targetsKnown ? alignment.targetsFound : inputsFound;
  if (ofUse && coverage >= needs.minCoverage && !isFew) return null;
  const elsewhere = misplaced(alignment, genes, names);
  if (elsewhere !== null) return new GeneMatchError(elsewhere);
  if (inputsFound && coverage < needs.minCoverage)
    return new GeneMatchError(tooLittle(alignment, genes, names, needs));
  if (isFew && ofUse + blindColumns(alignment)) return new GeneMatchError(tooFew(alignment, genes, names, needs));
  return new GeneMatchError(noneToFill(alignment, genes, names));
}

/** Say that the genes stand elsewhere, or have something before or after their names; null where they do not. */
function misplaced(alignment: Alignment, genes: GeneIndex, names: ColumnNames): string | null {
  const looks = shown(names.spellings);
  const inRows = genesAmongCells(alignment, genes, names.elsewhere?.cells() ?? []);
  if (inRows.length > 0)
    return (
      `The cells' names look like genes (${inRows.slice(0, 3).join(", ")}): the dataset has genes in rows, and ` +
      `${looks} as genes. Transpose it: adata.T in Python, t(counts) in R.`
    );
  const lookup = geneLookup(genes);
  const own = (names.spellings[0] ?? []).filter((name) => name !== "");
  const affix = usualAffix(own, (name) => lookup.isGene(name));
  if (affix === null) return null;
  const [place, method, text] = affix.before
    ? ["before", "removeprefix", affix.before]
    : ["after", "removesuffix", affix.after];
  return (
    `Most of the dataset's genes have ${text} ${place} their names (${looks}), which the model's have not. Take it ` +
    `off: adata.var_names = adata.var_names.str.${method}(${quoted(text)}).`
  );
}

function tooLittle(alignment: Alignment, genes: GeneIndex, names: ColumnNames, { minCoverage }: Needs): string {
  const share = alignment.coverage;
  return (
    `The dataset has ${inputsOf(alignment)}: a coverage of ${fixed(share, 3)}, and the model needs ` +
    `${fixed(minCoverage, 3)} to be of use. ${likenesses(genes, names)}. Check the names${alsoThere(names)}, or ` +
    `go on at your own risk ${withCoverage(share)}.`
  );
}

function tooFew(alignment: Alignment, genes: GeneIndex, names: ColumnNames, { leastInputs }: Needs): string {
  const share = alignment.coverage;
  return (
    `The dataset has ${inputsOf(alignment)}: too few to go by, though their coverage is ${fixed(share, 3)}. The model ` +
    `needs ${commas(leastInputs)} of them, or a coverage of ${GOOD_COVERAGE}. ${likenesses(genes, names)}. Give it ` +
    `all genes that were measured, check the names${alsoThere(names)}, or go on at your own risk ` +
    `${withCoverage(share)}.`
  );
}

function noneToFill(alignment: Alignment, genes: GeneIndex, names: ColumnNames): string {
  const twice = inSeveralColumns(alignment);
  if (twice.length > blindColumns(alignment)) {
    const first = names.spellings[0]?.[twice[0] ?? 0] ?? "";
    return (
      `The dataset has ${inputsOf(alignment)}, and none that it can fill: ${commas(twice.length)} that it could ` +
      `stand in several columns each (${clip(first, 60)}, for example). Sum or drop the columns of a gene that are ` +
      "too many; adata.var_names_make_unique() does not help, since CD3D-1 is CD3D still."
    );
  }
  const fills = alignment.targetsKnown ? ", and none that it can fill" : "";
  const columns = columnsOf(names);
  return (
    `The dataset has ${inputsOf(alignment)}${fills}. ${likenesses(genes, names)}. Check that the species is the ` +
    `model's, and that var_names (or a column of var${columns && `: ${columns}`}) hold ${kindOfNames(genes)}.`
  );
}

function inputsOf({ inputsFound, inputsNeeded }: Alignment): string {
  return `${commas(inputsFound)} of the ${commas(inputsNeeded)} genes that the model reads`;
}

function likenesses(genes: GeneIndex, names: ColumnNames): string {
  const some = Array.from(genes.inputs.slice(0, 3), (row) =>
    [genes.symbols[row], genes.ensemblIds[row]].filter(Boolean).join("/"),
  );
  return `Its genes look like ${shown(names.spellings)}; the model's like ${some.join(", ")}`;
}

/** In brackets, which columns of var may hold the names instead; empty for none. */
function alsoThere(names: ColumnNames): string {
  const labels = columnsOf(names);
  return labels && ` (var also has ${labels})`;
}

/** Labels of the columns of var, the first of them. */
function columnsOf({ elsewhere }: ColumnNames): string {
  const labels = elsewhere?.columns ?? [];
  const some = labels.slice(0, MOST_COLUMNS).map((label) => clip(label, 60));
  const more = labels.length > MOST_COLUMNS ? ` and ${labels.length - MOST_COLUMNS} more` : "";
  return some.join(", ") + more;
}

/** How to go on in spite of it: the page has no such option. */
function withCoverage(share: number): string {
  return `in Python, with min_coverage=${Math.floor(share * 1000) / 1000}`;
}

/** Which names a dataset needs, so that a model can know its genes. */
function kindOfNames(genes: GeneIndex): string {
  const hasIds = genes.ensemblIds.some(Boolean);
  if (hasIds && genes.symbols.some(Boolean)) return "Ensembl ids or gene symbols";
  const [one, other] = hasIds ? ["Ensembl ids", "symbols"] : ["gene symbols", "Ensembl ids"];
  return (
    `${one}, since the model knows no ${other}: add a column of var with them, which is found by itself; ` +
    "whoever trains the model can give it both (cellfill-train fit --gene-table)"
  );
}

/** Names of cells that are genes of the model, where these are too many for chance; else none. */
function genesAmongCells(alignment: Alignment, genes: GeneIndex, cells: readonly string[]): readonly string[] {
  const lookup = geneLookup(genes);
  const found = cells.filter((name) => lookup.isGene(name)).map((name) => clip(name, 60));
  const isNoChance = found.length >= Math.max(LEAST_NAMES, LEAST_SHARE * cells.length);
  return isNoChance && found.length > matchedColumns(alignment) ? found : [];
}
