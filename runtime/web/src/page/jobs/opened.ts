/** A dataset that a person opened, and what the page is told of it. */

import { findCounts } from "../../counts/find.js";
import type { Source } from "../../counts/types.js";
import { CountsError } from "../../errors.js";
import { seeSpecies } from "../../genes/species.js";
import { openDataset } from "../../readers/open.js";
import type { Dataset, GeneTable } from "../../readers/types.js";
import type { DatasetSeen } from "../messages.js";
import { withTurns } from "./turns.js";

const SYMBOLS = ["feature_name", "gene_symbols", "gene_symbol", "gene_name", "symbol", "name"];

/** An open dataset. */
export interface Opened {
  readonly dataset: Dataset;
  readonly source: Source;
  /** What a person calls every gene of the dataset. */
  readonly geneNames: readonly string[];
  /** The file itself, where it is one. */
  readonly file: File | null;
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
    const opened = { dataset, source, geneNames: names, file: files.length === 1 ? files[0] : null };
    const notes = [...new Set([...dataset.notes, ...source.names.notes])];
    const { species } = seeSpecies(source.names.spellings);
    return { opened, seen: { ...told(dataset, names), species, saw: source.saw, refusal: "", notes } };
  } catch (error) {
    dataset.close();
    if (!(error instanceof CountsError)) throw error;
    const found = { species: "unknown", saw: "", refusal: error.message, notes: dataset.notes };
    return { opened: null, seen: { ...told(dataset, names), ...found } };
  }
}

function told({ name, format, cells, var: genes, matrices, obs }: Dataset, geneNames: readonly string[]) {
  return {
    name,
    format,
    cells,
    genes: genes.index.length,
    matrices: matrices.map((matrix) => matrix.layer ?? matrix.name),
    geneNames,
    obs: [...obs.keys()],
  };
}

/** A symbol of each gene where a column of symbols stands beside its id. */
function geneNames(genes: GeneTable): readonly string[] {
  const columns = new Map(genes.columns.map((column) => [column.label.toLowerCase(), column.texts]));
  const symbols = SYMBOLS.map((label) => columns.get(label)).find((texts) => texts !== undefined);
  if (!symbols) return genes.index;
  return genes.index.map((name, gene) => (/^ENS[A-Z]{0,6}G\d{11}/.test(name) ? symbols[gene] || name : name));
}
