/**
 * The cells that a calibration may be fitted on, and a check made with: all of a small dataset, or runs spread over a
 * large one.
 */

import type { ModelCells } from "../calibration/types.js";
import { blocksOf, type Rows } from "../network/blocks.js";
import { sizeFactors } from "../network/size-factors.js";
import type { Csr } from "../readers/types.js";
import type { Aligned } from "./aligned.js";
import type { Work } from "./types.js";

const CANDIDATES = 8192;
const RUN = 64;
const READ = 512;

/** The runs of cells at even distances that are read: how many does not grow with the dataset. */
export function candidateRows(cells: number): Rows[] {
  if (cells <= CANDIDATES) return [...blocksOf(cells, READ)];
  const runs = CANDIDATES / RUN;
  return Array.from({ length: runs }, (_, run) => {
    const from = Math.floor((run * (cells - RUN)) / (runs - 1));
    return { from, to: from + RUN };
  });
}

/** Read these cells, in the genes of the model. */
export async function candidateCells({ source }: Work, { map }: Aligned): Promise<ModelCells> {
  const parts: ModelCells[] = [];
  for (const { from, to } of candidateRows(source.matrix.cells)) {
    const counts = await source.counts(from, to);
    const { geneOfColumn, means, measured } = map;
    parts.push({
      counts: map.modelCounts(counts),
      sizeFactors: sizeFactors(counts, means, measured, geneOfColumn),
    });
  }
  return stackCells(parts, map.genes);
}

/** Put cells of one dataset together. */
function stackCells(parts: readonly ModelCells[], genes: number): ModelCells {
  const cells = parts.reduce((sum, part) => sum + part.sizeFactors.length, 0);
  const entries = parts.reduce((sum, { counts }) => sum + counts.indptr[counts.cells], 0);
  const indptr = new Float64Array(cells + 1);
  const indices = new Int32Array(entries);
  const values = new Float32Array(entries);
  const factors = new Float32Array(cells);
  let [cell, entry] = [0, 0];
  for (const { counts, sizeFactors: its } of parts) {
    const number = counts.indptr[counts.cells];
    indices.set(counts.indices.subarray(0, number), entry);
    values.set(counts.values.subarray(0, number), entry);
    factors.set(its, cell);
    for (let i = 1; i <= counts.cells; i++) indptr[cell + i] = entry + counts.indptr[i];
    cell += counts.cells;
    entry += number;
  }
  const stacked: Csr = { cells, genes, indptr, indices, values };
  return { counts: stacked, sizeFactors: factors };
}
