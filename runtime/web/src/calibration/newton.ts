/** Newton's steps of many regressions at once, in memory that is used again from block to block. */

import { clip } from "../maths/statistics.js";
import { Blocks, clipped, dot } from "./blocks.js";
import { acrossOf, combine, exponentials, padded, products, productsLength, roomOf, scratch } from "./kernels.js";
import { solve } from "./linear.js";
import type { Sample } from "./sample.js";

/** The most that a correction changes a mean beyond its gene's level, as a logarithm. */
export const CHANGE_LIMIT = 3;

const STEP_LIMIT = 0.7;
const SLOPES = [-1, 0.5] as const;

/** What a regression of one gene found. */
export interface Solved {
  /** Which gene of the sample. */
  readonly gene: number;
  /** Constant, scores, slope; valid until the next gene. */
  readonly coefficients: Float64Array;
  /** Centre of the log rates. */
  readonly centre: number;
  /** The corrected means, summed. */
  readonly total: number;
}

/**
 * Newton's steps for blocks of genes, with what all blocks share.
 *
 * Lies in the kernels' scratch memory: of use until that is asked for again.
 */
export class Solver {
  private readonly blocks: Blocks;
  private readonly stride: number;
  private readonly design: Float32Array;
  private readonly pairs: Float32Array;
  private readonly said: Float32Array;
  private readonly work: Float32Array;
  private readonly found: Float32Array;
  private readonly counted: Float32Array;
  private readonly sloped: Float32Array;
  private readonly weights: Float32Array;
  private readonly hessian: Float64Array;
  private readonly gradient: Float64Array;

  /**
   * @param sample - whose genes are fitted
   * @param factors - by which the means of each gene of the sample are multiplied first
   * @param depth - size factor of each cell, one on average
   * @param scores - scores x cells, row by row
   * @param penalty - weight of zero of each coefficient: constant, scores, slope
   */
  constructor(
    sample: Sample,
    factors: Float64Array,
    depth: Float32Array,
    scores: Float32Array,
    private readonly penalty: Float64Array,
  ) {
    const cells = sample.cells;
    const stride = padded(cells);
    const width = penalty.length - 1;
    const pairs = (width * (width + 1)) / 2;
    const block = Blocks.size(cells);
    const matrix = block * stride;
    const [design, across, said, work, found, counted, sloped, weights, ...rest] = scratch(
      roomOf(width) * stride,
      roomOf(pairs) * stride,
      matrix,
      matrix,
      productsLength(block, pairs),
      productsLength(block, width),
      productsLength(block, width),
      width,
      matrix,
      matrix,
      matrix,
    );
    design.fill(0).fill(1, 0, cells);
    for (let k = 1; k < width; k++) design.set(scores.subarray((k - 1) * cells, k * cells), k * stride);
    let to = 0;
    for (let i = 0; i < width; i++)
      for (let j = i; j < width; j++)
        for (let cell = 0; cell < stride; cell++)
          across[to++] = design[i * stride + cell] * design[j * stride + cell];
    this.blocks = new Blocks(sample, factors, depth, rest);
    this.stride = stride;
    this.design = design;
    this.pairs = across;
    this.said = said;
    this.work = work;
    this.found = found;
    this.counted = counted;
    this.sloped = sloped;
    this.weights = weights;
    this.hessian = new Float64Array(penalty.length ** 2);
    this.gradient = new Float64Array(penalty.length);
  }

  /**
   * Fit some genes.
   *
   * @param genes - which
   * @param steps - how many of Newton's steps
   * @param take - is given what was found of each
   */
  solve(genes: Int32Array, steps: number, take: (solved: Solved) => void): void {
    const { blocks, penalty, stride, design, said, work } = this;
    const width = penalty.length - 1;
    const pairs = (width * (width + 1)) / 2;
    blocks.each(genes, (some) => {
      const number = some.length;
      const solution = new Float64Array(number * (width + 1));
      const totals = new Float64Array(number);
      const countedSlopes = Float64Array.from(some, (_, g) => dot(blocks.counts, blocks.rates, g * stride, stride));
      products(blocks.counts, number, design, width, stride, this.counted);
      said.set(blocks.mean);
      for (let step = 0; step < steps; step++) {
        products(said, number, this.pairs, pairs, stride, this.found);
        const slopes = countedSlopes.map((_, g) => weigh(said, blocks.rates, work, g * stride, stride));
        products(work, number, design, width, stride, this.sloped);
        for (let g = 0; g < number; g++) {
          const own = solution.subarray(g * (width + 1), (g + 1) * (width + 1));
          this.step(g, slopes[g], countedSlopes[g], blocks.noise[g], own);
          totals[g] = this.say(g, own);
        }
      }
      for (let g = 0; g < number; g++) {
        const coefficients = solution.subarray(g * (width + 1), (g + 1) * (width + 1));
        take({ gene: some[g], coefficients, centre: blocks.centres[g], total: totals[g] });
      }
    });
  }

  /** One step of one gene of a block. */
  private step(g: number, slope: number, countedSlope: number, noise: number, solution: Float64Array): void {
    const { penalty, found, counted, sloped, hessian, gradient } = this;
    const side = penalty.length;
    const width = side - 1;
    const across = acrossOf(width);
    let pair = g * acrossOf((width * side) / 2);
    for (let i = 0, first = pair; i < width; i++) {
      // What is said is among the products: those with the constant.
      gradient[i] = (counted[g * across + i] - found[first + i]) / noise - penalty[i] * solution[i];
      hessian[width * side + i] = sloped[g * across + i] / noise;
      for (let j = i; j < width; j++) hessian[j * side + i] = found[pair++] / noise;
      hessian[i * side + i] += penalty[i];
    }
    gradient[width] = (countedSlope - sloped[g * across]) / noise - penalty[width] * solution[width];
    hessian[width * side + width] = slope / noise + penalty[width];
    solve(hessian, gradient, side);
    for (let i = 0; i < side; i++) solution[i] += clip(gradient[i], -STEP_LIMIT, STEP_LIMIT);
    solution[width] = clip(solution[width], SLOPES[0], SLOPES[1]);
  }

  /** Write what the coefficients say of one gene of a block, and return its sum. */
  private say(g: number, coefficients: Float64Array): number {
    const { stride, said, weights, blocks } = this;
    const { mean, rates } = blocks;
    const width = coefficients.length - 1;
    const offset = g * stride;
    const own = said.subarray(offset, offset + stride);
    weights.set(coefficients.subarray(0, width));
    combine(weights, width, this.design, stride, own);
    const slope = Math.fround(coefficients[width]);
    for (let cell = 0; cell < stride; cell++)
      own[cell] = clipped(own[cell] + slope * rates[offset + cell], CHANGE_LIMIT);
    exponentials(own);
    let total = 0;
    for (let cell = 0; cell < stride; cell++) total += own[cell] *= mean[offset + cell];
    return total;
  }
}

/** Write what is said x rates of one gene, and return the sum of what is said x rates^2. */
function weigh(
  said: Float32Array,
  rates: Float32Array,
  work: Float32Array,
  offset: number,
  length: number,
): number {
  let sum = 0;
  for (let i = offset; i < offset + length; i++) {
    const rate = rates[i];
    const weighed = said[i] * rate;
    work[i] = weighed;
    sum += weighed * rate;
  }
  return sum;
}
