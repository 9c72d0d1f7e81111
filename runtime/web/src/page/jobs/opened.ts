/** A dataset that a person opened, and what the page is told of it. */

import { findCounts } from "../../counts/find.js";
import type { Source } from "../../counts/types.js";
import { CountsError } from "../../errors.js";
import { areNumbers, mostlyIds, symbolsIn } from "../../genes/names.js";
import { seeSpecies } from "../../genes/species.js";
import { isEnsemblId } from "../../genes/spelling.js";
import { openDataset } from "../../readers/open.js";
import type { Dataset, GeneTable } from "../../readers/types.js";
import type { DatasetSeen } from "../messages.js";
import { ofOldFile } from "../texts.js";
import { withTurns } from "./turns.js";

/** An open dataset. */
export interface Opened {
  readonly dataset: Dataset;
  readonly source: Source;
  /** What a person calls every gene of the dataset. */
  readonly geneNames: readonly string[];
}

/** What came of opening: what the page is told, and the dataset, null where it has no counts. */
export interface Opening {
  readonly seen: DatasetSeen;
  readonly opened: Opened | null;
}

/**
 * Open a dataset and find its counts. One without counts is told of, too: a person may name another matrix.
 *
 * @param layer - of the counts, or null to look for them
 * @throws DataError
 */
export async function open(files: readonly File[], layer: string | null): Promise<Opening> {
  const dataset = await openDataset(files);
  const names = geneNames(dataset.var);
  try {
    const source = withTurns(await findCounts(dataset, layer === null ? {} : { layer }));
    const opened = { dataset, source, geneNames: names };
    const old = dataset.isOld ? [ofOldFile(dataset.name)] : [];
    const notes = [...new Set([...dataset.notes, ...source.names.notes, ...old])];
    const { species } = seeSpecies(source.names.spellings);
    return { opened, seen: { ...told(dataset, names), species, saw: source.saw, refusal: "", notes } };
  } catch (error) {
    dataset.close();
    if (!(error instanceof CountsError)) throw error;
    const found = { species: "unknown", saw: "", refusal: error.message, notes: dataset.notes };
    return { opened: null, seen: { ...told(dataset, names), ...found } };
  }
}

function told(
  { name, format, cells, var: genes, matrices, obs, isOld = false }: Dataset,
  geneNames: readonly string[],
) {
  return {
    name,
    format,
    cells,
    genes: genes.index.length,
    matrices: matrices.map((matrix) => matrix.layer ?? matrix.name),
    geneNames,
    obs: [...obs.keys()],
    isOld,
  };
}

/** What a person calls each gene: its symbol, where one stands beside its id, or beside the number of its row. */
export function geneNames({ index, columns }: GeneTable): readonly string[] {
  const symbols = symbolsIn(columns) ?? columns.find(({ label }) => label.toLowerCase() === "name")?.texts;
  const areOdd = areNumbers(index);
  const names = areOdd ? (columns.find(({ texts }) => mostlyIds(texts))?.texts ?? index) : index;
  if (!symbols) return names;
  return index.map((name, gene) => ((areOdd || isEnsemblId(name)) && symbols[gene]) || names[gene] || name);
}
