/** Masked entries on the user's own cells: hide counts, and find them again (Arisdakessian 2019, Methods). */

import { rowTotals } from "../calibration/csr.js";
import type { Part } from "../calibration/types.js";
import type { Csr } from "../readers/types.js";
import { hideEntries, type Masked } from "./dropout.js";
import { fit } from "./fitted.js";
import { observed, type Space } from "./space.js";

// Weight of the common slope in a gene's own, in cells.
const SLOPE_PRIOR = 20;
// A few entries that happen to agree do not make a gene certain: so many entries' worth of the usual spread.
const PRIOR_ENTRIES = 5;
// The variance of a gene without entries says nothing.
const UNKNOWN = 1e6;

/** How much better a model finds hidden counts than the non-zero mean + library slope does. */
export interface EntryGains {
  /** Of each judged gene by how much the squared error on log1p counts is below the baseline's. */
  readonly gains: Float64Array;
  /** Its variance. */
  readonly variances: Float64Array;
  /** The share of the baseline's squared error that the model takes off. */
  readonly level: number;
}

/**
 * Hide ten non-zero counts of each judged gene (at most half of them), and impute them; several times.
 *
 * @param rounds - how often; an entry that is drawn again is not counted again
 * @param calibrated - whether the model is calibrated
 * @param part - how far the calibration goes
 */
export async function measureEntries(
  space: Space,
  rounds: number,
  calibrated: boolean,
  part: Part | null,
): Promise<EntryGains> {
  const genes = space.outputs.length;
  const columns = space.outputs.map((output) => space.graph.targets[output]);
  const seen = new Set<number>();
  const of: number[] = [];
  const differences: number[] = [];
  let [worst, own] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const masked = hideEntries(space.counts, columns, round);
    const found = await imputed(space, masked, calibrated, part);
    const trivial = nonzeroMean(observed(space, masked.counts), masked);
    masked.truth.forEach((truth, entry) => {
      const key = masked.cells[entry] * genes + masked.genes[entry];
      if (seen.has(key)) return;
      seen.add(key);
      const [ours, theirs] = [found, trivial].map((values) => (Math.log1p(values[entry]) - Math.log1p(truth)) ** 2);
      worst += theirs;
      own += ours;
      of.push(masked.genes[entry]);
      differences.push(theirs - ours);
    });
  }
  return { ...byGene(of, differences, genes), level: worst > 0 ? 1 - own / worst : 0 };
}

/** What the model finds in place of the hidden entries; never below 1, as imputing gives it. */
async function imputed(
  space: Space,
  masked: Masked,
  calibrated: boolean,
  part: Part | null,
): Promise<Float32Array> {
  const found = new Float32Array(masked.truth.length);
  const fitted = await fit(space, masked.counts, calibrated, part);
  const genes = space.outputs.length;
  for await (const { rows, calibrated: values } of fitted.means(space.outputs)) {
    masked.cells.forEach((cell, entry) => {
      if (cell >= rows.from && cell < rows.to)
        found[entry] = Math.max(values[(cell - rows.from) * genes + masked.genes[entry]], 1);
    });
  }
  return found;
}

/** The mean of each gene's differences, and its variance. */
function byGene(of: readonly number[], differences: readonly number[], genes: number): Omit<EntryGains, "level"> {
  const [number, gains, spread] = [0, 1, 2].map(() => new Float64Array(genes));
  const total = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / Math.max(total, 1);
  const usual = total ? differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / total : 1;
  of.forEach((gene, entry) => {
    number[gene]++;
    gains[gene] += differences[entry];
  });
  for (let gene = 0; gene < genes; gene++) gains[gene] /= Math.max(number[gene], 1);
  of.forEach((gene, entry) => {
    spread[gene] += (differences[entry] - gains[gene]) ** 2;
  });
  const variances = spread.map((sum, gene) =>
    number[gene] ? (sum + usual * PRIOR_ENTRIES) / (number[gene] + PRIOR_ENTRIES) / number[gene] : UNKNOWN,
  );
  return { gains, variances };
}

/**
 * A gene's mean log1p non-zero count, plus a slope on the log library size, in counts, of the hidden entries.
 *
 * A gene's slope is drawn towards the slope of all genes with the weight of 20 cells.
 *
 * @param counts - cells x judged genes, without what is hidden
 */
function nonzeroMean(counts: Csr, masked: Masked): Float32Array {
  const { cells, genes, indptr, indices, values } = counts;
  const library = rowTotals(counts).map((total) => Math.log(Math.max(total, 1)));
  const average = library.reduce((sum, value) => sum + value, 0) / cells;
  const depth = library.map((value) => value - average);
  const spread = Math.max(depth.reduce((sum, value) => sum + value * value, 0) / cells, 1e-12);
  const [number, level, centre, covariance, variance] = [0, 1, 2, 3, 4].map(() => new Float64Array(genes));
  const each = (work: (gene: number, log: number, cell: number) => void): void => {
    for (let cell = 0; cell < cells; cell++)
      for (let i = indptr[cell]; i < indptr[cell + 1]; i++) work(indices[i], Math.log1p(values[i]), cell);
  };
  let overall = 0;
  each((gene, log, cell) => {
    number[gene]++;
    level[gene] += log;
    centre[gene] += depth[cell];
    overall += log;
  });
  overall /= values.length;
  for (let gene = 0; gene < genes; gene++) {
    level[gene] = (level[gene] + overall) / (number[gene] + 1);
    centre[gene] /= Math.max(number[gene], 1);
  }
  each((gene, log, cell) => {
    const off = depth[cell] - centre[gene];
    covariance[gene] += off * (log - level[gene]);
    variance[gene] += off * off;
  });
  const sum = (all: Float64Array): number => all.reduce((total, value) => total + value, 0);
  const common = sum(covariance) / Math.max(sum(variance), 1e-12);
  const prior = SLOPE_PRIOR * spread;
  return Float32Array.from(masked.genes, (gene, entry) => {
    const slope = (covariance[gene] + common * prior) / (variance[gene] + prior);
    return Math.expm1(Math.max(level[gene] + slope * (depth[masked.cells[entry]] - centre[gene]), 0));
  });
}
