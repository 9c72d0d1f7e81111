/** The cells of a new dataset that a calibration is fitted on: drawn, bounded, gene by gene. */

import { ascending, median } from "../maths/statistics.js";
import { blocksOf } from "../network/blocks.js";
import type { Csr } from "../readers/types.js";
import { placesOf, rowTotals, takeRows, transpose } from "./csr.js";
import { Generator } from "./random.js";
import type { Graph, ModelCells } from "./types.js";

/** What is fitted settles within a few thousand cells; the cost must not grow with the dataset. */
export const MAX_CELLS = 4096;
// Barcodes below a fiftieth of a training cell's depth are droplets, not cells; and what is fitted comes from cells
// within a factor of ten of the median of the rest, so that neither empty droplets nor a freak decide for all.
const DROPLET_DEPTH = 0.02;
const DEPTH_RANGE = 10;
// No cell counts for more than a twentieth of a gene (or four cells' share, where there are few), beyond 20 counts.
const LARGEST_SHARE = 0.05;
const LARGEST_SHARE_CELLS = 4;
const SHARE_FREE_COUNTS = 20;
// Cells whose predictions are asked for at once.
const BLOCK = 256;

/** Means and counts of some cells, genes x cells, since every gene is fitted on its own. */
export class Sample {
  /**
   * @param mean - the graph's counts, genes x cells, row by row
   * @param counts - the observed counts, genes x cells
   * @param sizeFactors - one a cell
   */
  constructor(
    readonly mean: Float32Array,
    readonly counts: Csr,
    readonly sizeFactors: Float32Array,
  ) {}

  /** Number of genes. */
  get genes(): number {
    return this.counts.cells;
  }

  /** Number of cells. */
  get cells(): number {
    return this.sizeFactors.length;
  }

  /** The counts of each gene. */
  totals(): Float64Array {
    return rowTotals(this.counts);
  }

  /** Write one gene's means, times a factor, and its counts, where they can be worked on. */
  read(gene: number, factor: number, mean: Float32Array, counts: Float32Array): void {
    const offset = gene * this.cells;
    const single = Math.fround(factor);
    for (let cell = 0; cell < this.cells; cell++) mean[cell] = this.mean[offset + cell] * single;
    counts.fill(0);
    const { indptr, indices, values } = this.counts;
    for (let i = indptr[gene]; i < indptr[gene + 1]; i++) counts[indices[i]] = values[i];
  }

  /** Some genes of some cells; all of either where none are given. Cells must ascend. */
  take(cells: Int32Array | null, genes: Int32Array | null): Sample {
    const rows = genes ?? Int32Array.from({ length: this.genes }, (_, gene) => gene);
    const columns = cells ?? Int32Array.from({ length: this.cells }, (_, cell) => cell);
    const mean = new Float32Array(rows.length * columns.length);
    for (let row = 0; row < rows.length; row++) {
      const from = rows[row] * this.cells;
      const to = row * columns.length;
      for (let i = 0; i < columns.length; i++) mean[to + i] = this.mean[from + columns[i]];
    }
    const counts = takeRows(this.counts, rows);
    const kept = cells === null ? counts : keepColumns(counts, placesOf(columns, this.cells), columns.length);
    return new Sample(mean, kept, cells === null ? this.sizeFactors : this.sizeFactors.filter(among(columns)));
  }
}

function among(ascendingCells: Int32Array): (value: number, cell: number) => boolean {
  const chosen = new Set(ascendingCells);
  return (_, cell) => chosen.has(cell);
}

/** Columns whose order stays as it is. */
function keepColumns(counts: Csr, place: Int32Array, width: number): Csr {
  const indptr = new Float64Array(counts.cells + 1);
  const indices = new Int32Array(counts.indices.length);
  const values = new Float32Array(counts.indices.length);
  let next = 0;
  for (let row = 0; row < counts.cells; row++) {
    for (let i = counts.indptr[row]; i < counts.indptr[row + 1]; i++) {
      const to = place[counts.indices[i]];
      if (to < 0) continue;
      indices[next] = to;
      values[next++] = counts.values[i];
    }
    indptr[row + 1] = next;
  }
  return {
    cells: counts.cells,
    genes: width,
    indptr,
    indices: indices.slice(0, next),
    values: values.slice(0, next),
  };
}

/** Cells that were drawn to fit on, and the size factor below which a cell is too shallow. */
export interface Drawn {
  readonly rows: Int32Array;
  readonly shallowBelow: number;
}

/**
 * Draw cells of a usual depth to fit on.
 *
 * They are drawn, and put in order, by a hash of their counts: the order of the dataset changes nothing.
 */
export function drawCells(cells: ModelCells): Drawn {
  const { counts, sizeFactors } = cells;
  const least = Math.fround(DROPLET_DEPTH);
  const usual = median(sizeFactors.filter((depth) => depth >= least)) || 0;
  const [low, high] = [Math.fround(usual / DEPTH_RANGE), Math.fround(usual * DEPTH_RANGE)];
  const weights = new Generator(0).randoms(counts.genes);
  const kept: number[] = [];
  const keys: number[] = [];
  sizeFactors.forEach((depth, cell) => {
    if (depth < least || depth < low || depth > high) return;
    let key = 0;
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++)
      key += counts.values[i] * weights[counts.indices[i]];
    kept.push(cell);
    keys.push((key * 1e3) % 1);
  });
  const order = ascending(Float64Array.from(keys)).subarray(0, MAX_CELLS);
  return {
    rows: Int32Array.from(order, (place) => kept[place]),
    shallowBelow: Math.max(DROPLET_DEPTH, usual / DEPTH_RANGE),
  };
}

/** Some of the cells, in that order. */
export function takeCells(cells: ModelCells, rows: Int32Array): ModelCells {
  return {
    counts: takeRows(cells.counts, rows),
    sizeFactors: Float32Array.from(rows, (row) => cells.sizeFactors[row]),
  };
}

/**
 * Predict some cells, and bound what a single one of them can say.
 *
 * @param cells - the cells to fit on
 * @param outputs - the genes to fit, as columns of the graph's output
 * @param nonzeroOnly - leave out the means of entries without a count
 * @param predicted - what the graph says of the cells, cells x targets, where that is known
 */
export async function takeSample(
  graph: Graph,
  cells: ModelCells,
  outputs: Int32Array,
  nonzeroOnly: boolean,
  predicted: Float32Array | null,
): Promise<Sample> {
  const number = cells.sizeFactors.length;
  const mean = new Float32Array(outputs.length * number);
  for (const { from, to } of blocksOf(number, BLOCK)) {
    const width = graph.targets.length;
    const block = predicted?.subarray(from * width, to * width) ?? (await graph.predict(rowsOf(cells, from, to)));
    turn(block, width, outputs, mean, number, from, to);
  }
  const genes = Int32Array.from(outputs, (output) => graph.targets[output]);
  const counts = transpose(cells.counts, placesOf(genes, cells.counts.genes), genes.length);
  const observed = new Float32Array(number);
  for (let gene = 0; gene < outputs.length; gene++) {
    const means = mean.subarray(gene * number, (gene + 1) * number);
    const values = counts.values.subarray(counts.indptr[gene], counts.indptr[gene + 1]);
    const where = counts.indices.subarray(counts.indptr[gene], counts.indptr[gene + 1]);
    observed.fill(0);
    for (let i = 0; i < where.length; i++) observed[where[i]] = values[i];
    if (nonzeroOnly) for (let cell = 0; cell < number; cell++) if (!(observed[cell] > 0)) means[cell] = 0;
    if (limitShares(means, observed)) for (let i = 0; i < where.length; i++) values[i] = observed[where[i]];
  }
  return new Sample(mean, counts, cells.sizeFactors);
}

/** Cells from..to. */
export function rowsOf(cells: ModelCells, from: number, to: number): ModelCells {
  return takeCells(
    cells,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );
}

/** Write some columns of a block of predictions, cells x width, into genes x cells. */
function turn(
  block: Float32Array,
  width: number,
  outputs: Int32Array,
  mean: Float32Array,
  number: number,
  from: number,
  to: number,
): void {
  for (let gene = 0; gene < outputs.length; gene++) {
    let at = outputs[gene];
    const offset = gene * number;
    for (let cell = from; cell < to; cell++, at += width) mean[offset + cell] = block[at];
  }
}

/**
 * Weigh down, in place, the entries in which one cell makes up too much of a gene.
 *
 * Counts and means get one weight, so that a rare cell that the model knows still agrees with it, and a freak of which
 * it knows nothing, or says something absurd, does not set the level for all.
 *
 * @returns whether there were any
 */
function limitShares(mean: Float32Array, counts: Float32Array): boolean {
  const share = Math.max(LARGEST_SHARE, LARGEST_SHARE_CELLS / counts.length);
  if (share >= 1) return false;
  let highest = 0;
  for (let i = 0; i < mean.length; i++) highest = Math.max(highest, mean[i], counts[i]);
  if (!(highest > SHARE_FREE_COUNTS)) return false;
  let limit = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3; turn++) {
    let total = 0; // the limit falls with the total that it limits
    for (let i = 0; i < mean.length; i++) total += Math.min(Math.max(mean[i], counts[i]), limit);
    limit = Math.fround(Math.max(share * total, SHARE_FREE_COUNTS));
  }
  let limited = false;
  for (let i = 0; i < mean.length; i++) {
    const larger = Math.max(mean[i], counts[i]);
    if (!(larger > limit)) continue;
    const weight = Math.fround(limit / larger);
    mean[i] *= weight;
    counts[i] *= weight;
    limited = true;
  }
  return limited;
}
