/** What is done to every block of cells, decided once: from observed counts to filled counts. */

import { denseColumns } from "../../calibration/csr.js";
import type { Calibration } from "../../calibration/types.js";
import { checkValues } from "../../network/outputs.js";
import type { InputCells, Network } from "../../network/types.js";
import type { Csr } from "../../readers/types.js";
import { type Estimate, expressed, posterior } from "./estimates.js";
import { imputedOf } from "./graph.js";

/** Which entries get an imputed value: zeros alone, every one, or those where it is the larger. */
export type Policy = "zeros" | "all" | "max";

/** How blocks of one dataset are filled by one model. */
export interface Filling {
  readonly network: Network;
  /** Number of target genes: columns of the graph's imputed counts. */
  readonly targets: number;
  /** The correction of the imputed genes, if any. */
  readonly calibration: Calibration | null;
  /** For every column of the counts its place among the genes that the calibration reads; -1 for none. */
  readonly scoreOfColumn: Int32Array;
  /** The genes that are imputed: their places in the result, ascending, and their columns of the output. */
  readonly columns: Int32Array;
  readonly outputs: Int32Array;
  /** For every gene of the result its column in the counts; null where they are the same. */
  readonly sourceColumns: Int32Array | null;
  /** phi of the imputed genes. */
  readonly inverseDispersion: Float32Array;
  readonly estimate: Estimate;
  readonly meaning: "expected" | "expressed";
  readonly policy: Policy;
  /** Number of genes of the result. */
  readonly genes: number;
}

/**
 * The values of the imputed genes in a block, before any observed count is among them: the graph's means, calibrated, as
 * the estimate that was asked for.
 *
 * @param which - places among the imputed genes
 * @returns cells x these genes, row by row; zeros for a cell without counts in the model's genes
 * @throws BundleError when what the model gives is no count
 */
export async function imputedValues(
  filling: Filling,
  cells: InputCells,
  counts: Csr,
  which: Int32Array,
): Promise<Float32Array> {
  const mean = await means(filling, cells, counts, which);
  const { estimate, meaning } = filling;
  const own = ownCounts(filling, counts, which);
  const width = which.length;
  for (let cell = 0; cell < cells.cells; cell++) {
    const row = mean.subarray(cell * width, (cell + 1) * width);
    if (cells.sizeFactors[cell] === 0) row.fill(0);
    else if (estimate === "posterior") {
      const observed = own(cell);
      for (let i = 0; i < width; i++) row[i] = posterior(row[i], observed[i], filling.inverseDispersion[which[i]]);
    } else if (estimate === "expressed" && meaning === "expected") {
      for (let i = 0; i < width; i++) row[i] = expressed(row[i]);
    } else if (estimate === "expressed") {
      for (let i = 0; i < width; i++) row[i] = Math.max(row[i], 1);
    }
  }
  checkValues(mean, cells.cells, `gives as ${estimate}`);
  return mean;
}

/** Observed count and imputed value of an entry, brought together. */
export function filled(policy: Policy, observed: number, imputed: number): number {
  if (observed === 0 || policy === "all") return imputed;
  return policy === "zeros" ? observed : Math.max(imputed, observed);
}

/**
 * Fill a block.
 *
 * @param counts - cells x the columns of the counts, checked
 * @returns cells x the genes of the result: imputed values put among all observed counts; zeros are not stored
 */
export async function fillBlock(filling: Filling, cells: InputCells, counts: Csr): Promise<Csr> {
  const { columns, sourceColumns, policy, genes } = filling;
  const values = await imputedValues(filling, cells, counts, Int32Array.from(columns.keys()));
  const place = new Int32Array(genes).fill(-1);
  for (let i = 0; i < columns.length; i++) place[columns[i]] = i;
  const most = counts.indptr[counts.cells] + values.length;
  const indptr = new Float64Array(counts.cells + 1);
  const indices = new Int32Array(most);
  const data = new Float32Array(most);
  const observed = new Float32Array(counts.genes);
  let next = 0;
  for (let cell = 0; cell < counts.cells; cell++) {
    spread(counts, cell, observed);
    const offset = cell * columns.length;
    for (let gene = 0; gene < genes; gene++) {
      const count = observed[sourceColumns === null ? gene : sourceColumns[gene]];
      const value = place[gene] < 0 ? count : filled(policy, count, values[offset + place[gene]]);
      if (value === 0) continue;
      indices[next] = gene;
      data[next++] = value;
    }
    clear(counts, cell, observed);
    indptr[cell + 1] = next;
  }
  return { cells: counts.cells, genes, indptr, indices: indices.slice(0, next), values: data.slice(0, next) };
}

/** What the graph says of some of the imputed genes, calibrated. */
async function means(filling: Filling, cells: InputCells, counts: Csr, which: Int32Array): Promise<Float32Array> {
  const { network, targets, outputs, calibration, scoreOfColumn } = filling;
  const all = imputedOf(await network.run(cells));
  const mean = new Float32Array(cells.cells * which.length);
  for (let cell = 0, next = 0; cell < cells.cells; cell++)
    for (const i of which) mean[next++] = all[cell * targets + outputs[i]];
  if (calibration === null) return mean;
  const scored = denseColumns(counts, scoreOfColumn, calibration.scoreGenes.length);
  const isAll = which.length === outputs.length && which.every((place, i) => place === i);
  const some = isAll ? calibration : calibration.take(which);
  return some.correct(mean, scored, cells.sizeFactors, mean);
}

/** Observed counts of some imputed genes, a cell at a time; valid until the next cell is asked for. */
function ownCounts(
  { columns, sourceColumns }: Filling,
  counts: Csr,
  which: Int32Array,
): (cell: number) => Float32Array {
  const place = new Int32Array(counts.genes).fill(-1);
  for (let i = 0; i < which.length; i++) {
    const gene = columns[which[i]];
    place[sourceColumns === null ? gene : sourceColumns[gene]] = i;
  }
  const row = new Float32Array(which.length);
  return (cell) => {
    row.fill(0);
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++) {
      const to = place[counts.indices[i]];
      if (to >= 0) row[to] = counts.values[i];
    }
    return row;
  };
}

/** Write the counts of a cell where they can be had by column. */
function spread({ indptr, indices, values }: Csr, cell: number, row: Float32Array): void {
  for (let i = indptr[cell]; i < indptr[cell + 1]; i++) row[indices[i]] = values[i];
}

function clear({ indptr, indices }: Csr, cell: number, row: Float32Array): void {
  for (let i = indptr[cell]; i < indptr[cell + 1]; i++) row[indices[i]] = 0;
}
