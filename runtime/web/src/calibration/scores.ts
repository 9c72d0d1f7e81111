/** Scores of a cell in a new dataset, from its own counts: what kind of cell it is there. */

import { clip } from "../maths/statistics.js";
import { leading } from "./eigen.js";
import type { Projection } from "./types.js";

// A residual is (x - mu) / sqrt(mu + offset), so that a single count of a gene that is hardly expected does not
// outweigh all else; and both it and a score are limited, so that no cell or entry decides alone.
const OFFSET = Math.fround(0.05);
const RESIDUAL_LIMIT = 5;
const SCORE_LIMIT = 4;

/**
 * The scores of cells.
 *
 * @param counts - observed counts of the projection's genes, cells x genes, row by row
 * @param depth - size factor of each cell, one on average
 * @returns cells x scores, row by row
 */
export function scoresOf(projection: Projection, counts: Float32Array, depth: Float32Array): Float32Array {
  const { rates, loadings, centres, scores: number } = projection;
  const genes = rates.length;
  const scores = new Float32Array(depth.length * number);
  const row = new Float64Array(number);
  for (let cell = 0; cell < depth.length; cell++) {
    row.fill(0);
    for (let gene = 0; gene < genes; gene++) {
      const left = residual(counts[cell * genes + gene], depth[cell], rates[gene]);
      const at = gene * number;
      for (let k = 0; k < number; k++) row[k] += left * loadings[at + k];
    }
    for (let k = 0; k < number; k++)
      scores[cell * number + k] = clip(Math.fround(row[k] - centres[k]), -SCORE_LIMIT, SCORE_LIMIT);
  }
  return scores;
}

/**
 * Find the leading principal components of cells.
 *
 * @param counts - observed counts in the score genes, cells x genes, row by row
 * @param depth - as for `scoresOf`
 * @param genes - which target genes these are
 * @param number - number of scores
 */
export function fitProjection(
  counts: Float32Array,
  depth: Float32Array,
  genes: Int32Array,
  number: number,
): Projection {
  const cells = depth.length;
  const width = genes.length;
  const rates = ratesOf(counts, depth, width);
  // float64: float32 sums would let the noise directions turn.
  const centred = new Float64Array(cells * width);
  const mean = new Float64Array(width);
  for (let cell = 0, at = 0; cell < cells; cell++)
    for (let gene = 0; gene < width; gene++, at++) {
      centred[at] = residual(counts[at], depth[cell], rates[gene]);
      mean[gene] += centred[at];
    }
  for (let gene = 0; gene < width; gene++) mean[gene] /= cells;
  for (let cell = 0, at = 0; cell < cells; cell++)
    for (let gene = 0; gene < width; gene++, at++) centred[at] -= mean[gene];
  const loadings = leadingAxes(centred, cells, width, number);
  const centres = new Float64Array(number);
  for (let gene = 0; gene < width; gene++)
    for (let k = 0; k < number; k++) centres[k] += mean[gene] * loadings[gene * number + k];
  return {
    genes,
    scores: number,
    rates,
    loadings: Float32Array.from(loadings),
    centres: Float32Array.from(centres),
  };
}

/** Counts of each gene in a cell of depth one. */
function ratesOf(counts: Float32Array, depth: Float32Array, width: number): Float32Array {
  const totals = new Float64Array(width);
  let depths = 0;
  for (let cell = 0, at = 0; cell < depth.length; cell++) {
    depths += depth[cell];
    for (let gene = 0; gene < width; gene++) totals[gene] += counts[at++];
  }
  return Float32Array.from(totals, (total) => total / depths);
}

/**
 * The leading principal axes of centred cells, each divided by the deviation along it: genes x number.
 *
 * From the smaller of the two matrices of products: the cost of a decomposition goes with the cube of its side.
 */
function leadingAxes(centred: Float64Array, cells: number, genes: number, number: number): Float64Array {
  const few = cells < genes;
  const rows = few ? centred : turn(centred, cells, genes);
  const [side, length] = few ? [cells, genes] : [genes, cells];
  const matrix = covariance(rows, side, length, cells);
  const { values, vectors } = leading(matrix, side, number);
  const loadings = new Float64Array(genes * number);
  for (let k = 0; k < number; k++) {
    const variance = Math.max(values[k], 1e-9);
    const vector = vectors.subarray(k * side, (k + 1) * side);
    if (!few)
      for (let gene = 0; gene < genes; gene++) loadings[gene * number + k] = vector[gene] / Math.sqrt(variance);
    else {
      const axis = new Float64Array(genes);
      for (let cell = 0; cell < cells; cell++) {
        const weight = vector[cell];
        const at = cell * genes;
        for (let gene = 0; gene < genes; gene++) axis[gene] += weight * centred[at + gene];
      }
      const scale = Math.sqrt(cells * variance) * Math.sqrt(variance);
      for (let gene = 0; gene < genes; gene++) loadings[gene * number + k] = axis[gene] / scale;
    }
  }
  return loadings;
}

function turn(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
  return result;
}

/** The lower triangle of the products of all rows, over the number of cells. */
function covariance(rows: Float64Array, side: number, length: number, cells: number): Float64Array {
  const matrix = new Float64Array(side * side);
  for (let i = 0; i < side; i += 2) {
    const second = Math.min(i + 1, side - 1);
    for (let j = 0; j <= second; j += 2) {
      const other = Math.min(j + 1, side - 1);
      let [p, q, r, s] = [i * length, second * length, j * length, other * length];
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (const end = p + length; p < end; ) {
        const a0 = rows[p++];
        const a1 = rows[q++];
        const b0 = rows[r++];
        const b1 = rows[s++];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
      }
      matrix[i * side + j] = s00 / cells;
      matrix[i * side + other] = s01 / cells;
      matrix[second * side + j] = s10 / cells;
      matrix[second * side + other] = s11 / cells;
    }
  }
  return matrix;
}

/** A count's deviation from depth x rate, in units of its Poisson noise. */
function residual(count: number, depth: number, rate: number): number {
  const mean = Math.fround(depth * rate);
  return clip(Math.fround((count - mean) / Math.sqrt(mean + OFFSET)), -RESIDUAL_LIMIT, RESIDUAL_LIMIT);
}
