/** Find the counts of a dataset, and what their columns are called: what every task begins with. */

import { featureKinds } from "../genes/kinds.js";
import { nameColumns } from "../genes/names.js";
import { noteOnDates } from "../genes/spoiled.js";
import type { Dataset } from "../readers/types.js";
import { chooseCounts } from "./source.js";
import type { Source } from "./types.js";

/**
 * Find the counts of a dataset and what their columns are called.
 *
 * @param options - `layer`: the layer that holds the counts, found out where it is not given; `geneColumn`: the column of
 * var that names the genes, likewise
 * @throws CountsError when there are no counts
 * @throws DataError when there is no such layer or column
 */
export async function findCounts(
  dataset: Dataset,
  options: { layer?: string; geneColumn?: string } = {},
): Promise<Source> {
  const { matrix, saw, columns, counts } = await chooseCounts(dataset, options.layer);
  const { var: var_ } = matrix;
  const kinds = featureKinds(var_);
  const names = {
    spellings: nameColumns(var_, options.geneColumn === undefined ? {} : { geneColumn: options.geneColumn }),
    expression: kinds.expression,
    notes: [kinds.note, noteOnDates(var_.index)].filter(Boolean),
    elsewhere: { columns: var_.columns.map(({ label }) => label), cells: () => dataset.cellNames() },
  };
  return { dataset, matrix, saw, names, columns, counts };
}
