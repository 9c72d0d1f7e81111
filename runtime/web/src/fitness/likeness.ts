/** How like a model's training cells a dataset's cells are on average: gene levels, and no network. */

import { rowTotals } from "../calibration/csr.js";
import type { Csr } from "../readers/types.js";

const PER_CELL = 1e4;
const LEAST_GENES = 3;

/**
 * The likeness of cells to the training cells, over the model's genes that the dataset has: Pearson's correlation of the
 * genes' levels, as log1p of counts per 10,000; 0 of too few genes.
 *
 * @param counts - cells x model genes
 * @param measured - 1 for every model gene that the dataset has
 * @param means - mean count of each model gene in a training cell of size factor 1
 */
export function likenessToTraining(counts: Csr, measured: Uint8Array, means: Float64Array): number {
  const totals = rowTotals(counts);
  const level = new Float64Array(counts.genes);
  for (let cell = 0; cell < counts.cells; cell++) {
    const share = 1 / Math.max(totals[cell], 1);
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++)
      level[counts.indices[i]] += counts.values[i] * share;
  }
  const has = (_: number, gene: number): boolean => measured[gene] !== 0;
  return likeness(level.filter(has), means.filter(has));
}

/** The same of levels in any unit, of one set of genes. */
export function likeness(level: Float64Array, reference: Float64Array): number {
  if (level.length < LEAST_GENES) return 0;
  const [a, b] = [centredLogs(level), centredLogs(reference)];
  let [both, ofA, ofB] = [0, 0, 0];
  for (let gene = 0; gene < a.length; gene++) {
    both += a[gene] * b[gene];
    ofA += a[gene] * a[gene];
    ofB += b[gene] * b[gene];
  }
  if (ofA === 0 || ofB === 0) return 0;
  return Math.max(-1, Math.min(1, both / Math.sqrt(ofA) / Math.sqrt(ofB)));
}

function centredLogs(level: Float64Array): Float64Array {
  const total = Math.max(
    level.reduce((sum, value) => sum + value, 0),
    1e-300,
  );
  const logs = level.map((value) => Math.log1p((value / total) * PER_CELL));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  return logs.map((value) => value - mean);
}
