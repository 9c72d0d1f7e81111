/** Blocks of genes of a sample, as the kernels want them: their means, counts and log rates, a row of cells each. */

import { logarithms, padded } from "./kernels.js";
import { rootDispersion } from "./priors.js";
import type { Sample } from "./sample.js";

/** A mean of zero has no logarithm. */
export const LEAST_MEAN = Math.fround(1e-9);

const RATE_LIMIT = 4;
// Entries of a block, which stays in a core's cache from step to step.
const ENTRIES = 1 << 15;

/** Memory for a block of genes, filled with one after another. */
export class Blocks {
  /** The means, times a factor a gene; genes x padded cells. */
  readonly mean: Float32Array;
  /** The counts; in its own to write in, as are the others, until the next block. */
  readonly counts: Float32Array;
  /** The model's own centred log rates. */
  readonly rates: Float32Array;
  /** Of each gene the root of its dispersion, and the centre of its log rates, weighted by the means. */
  readonly noise: Float64Array;
  readonly centres: Float64Array;

  /** How many genes of so many cells a block has, a multiple of four. */
  static size(cells: number): number {
    return Math.max(4, Math.floor(ENTRIES / padded(cells) / 4) * 4);
  }

  /**
   * @param factors - by which the means of each gene of the sample are multiplied
   * @param depth - size factor of each cell
   * @param memory - three arrays from `scratch`, of a block's genes x padded cells
   */
  constructor(
    private readonly sample: Sample,
    private readonly factors: Float64Array,
    private readonly depth: Float32Array,
    memory: readonly Float32Array[],
  ) {
    [this.mean, this.counts, this.rates] = memory.map((array) => array.fill(0));
    const genes = Blocks.size(sample.cells);
    this.noise = new Float64Array(genes);
    this.centres = new Float64Array(genes);
  }

  /** Do something with every block of some genes. */
  each(genes: Int32Array, work: (some: Int32Array) => void): void {
    const { sample, factors, mean, counts, rates } = this;
    const stride = padded(sample.cells);
    const size = Blocks.size(sample.cells);
    for (let first = 0; first < genes.length; first += size) {
      const some = genes.subarray(first, first + size);
      for (let g = 0; g < some.length; g++) {
        const from = g * stride;
        const [m, c] = [mean, counts].map((matrix) => matrix.subarray(from, from + sample.cells));
        sample.read(some[g], factors[some[g]], m, c);
        this.noise[g] = rootDispersion(m, c);
        this.centres[g] = contrast(m, this.depth, rates.subarray(from, from + stride));
      }
      work(some);
    }
  }
}

/**
 * Write a gene's centred log rates.
 *
 * @param mean - one a cell
 * @param depth - size factor of each cell
 * @param rates - where they are written, padded
 * @returns their centre, which is weighted by the means
 */
function contrast(mean: Float32Array, depth: Float32Array, rates: Float32Array): number {
  const cells = mean.length;
  for (let cell = 0; cell < cells; cell++) {
    const rate = mean[cell] / depth[cell];
    rates[cell] = Math.max(rate, LEAST_MEAN);
  }
  logarithms(rates);
  let weighted = 0;
  let total = 0;
  for (let cell = 0; cell < cells; cell++) {
    weighted += mean[cell] * rates[cell];
    total += mean[cell];
  }
  const centre = weighted / Math.max(total, LEAST_MEAN);
  for (let cell = 0; cell < cells; cell++) rates[cell] = clipped(rates[cell] - centre, RATE_LIMIT);
  rates.fill(0, cells);
  return centre;
}

/** A value between a limit and its negative. */
export function clipped(value: number, limit: number): number {
  if (value > limit) return limit;
  return Math.max(value, -limit);
}

/** The sum of the products of two rows that begin at the same place. */
export function dot(a: Float32Array, b: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += a[i] * b[i];
  return sum;
}
