/** Counts of one gene as they were observed, for a person who has not imputed. */

import { mayGoOn } from "../../errors.js";
import type { Opened } from "./opened.js";
import type { Watching } from "./results.js";

const BLOCK = 1024;

/** Read the counts of a gene of the dataset in all cells. */
export async function observedCounts({ source }: Opened, gene: number, watching: Watching): Promise<Float32Array> {
  const { cells } = source.matrix;
  const column = source.columns ? source.columns[gene] : gene;
  const observed = new Float32Array(cells);
  for (let from = 0; from < cells; from += BLOCK) {
    mayGoOn(watching.signal);
    const to = Math.min(from + BLOCK, cells);
    const counts = await source.counts(from, to);
    for (let cell = 0; cell < counts.cells; cell++)
      for (let entry = counts.indptr[cell]; entry < counts.indptr[cell + 1]; entry++)
        if (counts.indices[entry] === column) observed[from + cell] += counts.values[entry];
    watching.onProgress("Reading counts", to, cells);
  }
  return observed;
}
