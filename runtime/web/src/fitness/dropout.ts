/** Hide non-zero counts as dropout would (Arisdakessian 2019, Methods), drawn as Python's runtime draws them. */

import { transpose, withoutZeros } from "../calibration/csr.js";
import { Generator } from "../calibration/random.js";
import { median } from "../maths/statistics.js";
import type { Csr } from "../readers/types.js";
import { type Curve, fitLogistic, logistic } from "./logistic.js";

const ENTRIES_PER_GENE = 10;
const LEAST_STEEP = -1e-3;

/** A matrix with some entries hidden. */
export interface Masked {
  /** Cells x genes; the hidden entries are 0. */
  readonly counts: Csr;
  /** Where the hidden entries are: the cell, and the place of the gene among those of which entries were hidden. */
  readonly cells: Int32Array;
  readonly genes: Int32Array;
  /** What they were. */
  readonly truth: Float32Array;
}

/**
 * Hide non-zero counts of some genes, drawn with the probability that dropout gives their level.
 *
 * @param counts - raw counts, cells x genes
 * @param genes - of which entries are hidden: ten a gene, and at most half of its non-zero counts
 * @param seed - of the draw
 */
export function hideEntries(counts: Csr, genes: Int32Array, seed: number): Masked {
  const columns = transpose(counts, null, counts.genes);
  const curve = dropoutCurve(columns);
  const random = new Generator([seed, 5]);
  const values = Float32Array.from(columns.values);
  const [cells, hidden, truth]: [number[], number[], number[]] = [[], [], []];
  genes.forEach((column, gene) => {
    const [start, stop] = [columns.indptr[column], columns.indptr[column + 1]];
    const number = Math.min(ENTRIES_PER_GENE, Math.floor((stop - start) / 2));
    if (!number) return;
    const chances = Float64Array.from(columns.values.subarray(start, stop), (count) =>
      Math.max(logistic(Math.log(count), curve), 1e-9),
    );
    for (const place of choose(random, number, chances)) {
      cells.push(columns.indices[start + place]);
      hidden.push(gene);
      truth.push(columns.values[start + place]);
      values[start + place] = 0;
    }
  });
  return {
    counts: transpose(withoutZeros(columns, values), null, counts.cells),
    cells: Int32Array.from(cells),
    genes: Int32Array.from(hidden),
    truth: Float32Array.from(truth),
  };
}

/**
 * Fit the share of zeros of a gene as a logistic function of the log of its mean positive count.
 *
 * On a log scale as in Splatter (Zappia 2017); Arisdakessian 2019, "Accuracy comparison on real datasets".
 *
 * @param columns - counts, genes x cells
 */
export function dropoutCurve(columns: Csr): Curve {
  const levels: number[] = [];
  const zeros: number[] = [];
  for (let gene = 0; gene < columns.cells; gene++) {
    const detected = columns.indptr[gene + 1] - columns.indptr[gene];
    if (!detected) continue;
    let total = 0;
    for (let i = columns.indptr[gene]; i < columns.indptr[gene + 1]; i++) total += columns.values[i];
    levels.push(Math.log(total / detected));
    zeros.push(1 - detected / columns.genes);
  }
  const points = { x: Float64Array.from(levels), y: Float64Array.from(zeros) };
  const curve = fitLogistic(points, { midpoint: median(points.x), steepness: -1 });
  return { ...curve, steepness: Math.min(curve.steepness, LEAST_STEEP) };
}

/** Choose places without putting any back, by their chances in any unit: numpy's `choice`. */
export function choose(random: Generator, number: number, chances: Float64Array): number[] {
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  const left = chances.map((chance) => chance / total);
  const chosen: number[] = [];
  while (chosen.length < number) {
    const drawn = random.randoms(number - chosen.length);
    let sum = 0;
    const cumulative = left.map((chance) => {
      sum += chance;
      return sum;
    });
    for (const value of drawn) {
      const found = cumulative.findIndex((below) => below / sum > value);
      const place = found < 0 ? left.length - 1 : found;
      if (left[place] === 0) continue; // drawn just now
      left[place] = 0;
      chosen.push(place);
    }
  }
  return chosen;
}
