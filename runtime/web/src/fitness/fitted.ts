/** A model applied to cells of which some counts are hidden, exactly as it is when it imputes. */

import { calibrate, calibrateAlike } from "../calibration/calibrate.js";
import { denseColumns, placesOf, rowTotals, transpose } from "../calibration/csr.js";
import { rowsOf } from "../calibration/sample.js";
import type { Calibration, Graph, ModelCells, Part } from "../calibration/types.js";
import { BLOCK_SIZE, blocksOf, type Rows } from "../network/blocks.js";
import { checkValues } from "../network/outputs.js";
import type { Csr } from "../readers/types.js";
import { cellsOf, type Space } from "./space.js";

// What a graph says of some cells is asked for twice: to calibrate it, and to be judged. Up to so much it is kept.
const KEPT_BYTES = 64 * 2 ** 20;

/** What a model says of a block of cells, cells x the judged genes, row by row, in counts. */
export interface Means {
  /** Which cells. */
  readonly rows: Rows;
  /** The graph's own counts. */
  readonly plain: Float32Array;
  /** The same, each gene's level corrected on these cells: what the model knows of the differences between them. */
  readonly level: Float32Array;
  /** With all of the calibration: what imputing gives. */
  readonly calibrated: Float32Array;
}

/** A model and its calibration on some cells. */
export class Fitted {
  /**
   * @param space - the cells, whole
   * @param cells - the same, without what is hidden
   * @param graph - the model, or what stands in its place
   * @param calibration - of its counts; null where there is none
   * @param predicted - what the graph says of the cells, cells x targets, where that was worth keeping
   */
  constructor(
    readonly space: Space,
    readonly cells: ModelCells,
    readonly graph: Graph,
    readonly calibration: Calibration | null,
    readonly predicted: Float32Array | null,
  ) {}

  /**
   * What it says, block by block; arrays are valid until the next block.
   *
   * @param outputs - of which genes, as columns of the graph's output
   * @throws BundleError where the corrected counts are none
   */
  async *means(outputs: Int32Array): AsyncGenerator<Means> {
    const { cells, graph, calibration } = this;
    const correct = calibration?.take(outputs) ?? null;
    const scored = calibration?.scoreGenes.map((output) => graph.targets[output]) ?? new Int32Array(0);
    const places = placesOf(scored, cells.counts.genes);
    const width = graph.targets.length;
    for (const rows of blocksOf(cells.sizeFactors.length, BLOCK_SIZE)) {
      const number = rows.to - rows.from;
      const block =
        this.predicted?.subarray(rows.from * width, rows.to * width) ??
        (await graph.predict(rowsOf(cells, rows.from, rows.to)));
      const plain = new Float32Array(number * outputs.length);
      for (let cell = 0, at = 0; cell < number; cell++) {
        const from = cell * width;
        for (let gene = 0; gene < outputs.length; gene++) plain[at++] = block[from + outputs[gene]];
      }
      if (correct === null) {
        yield { rows, plain, level: plain, calibrated: plain };
        continue;
      }
      const counts = denseColumns(cells.counts, places, scored.length, rows.from, rows.to);
      const calibrated = correct.correct(plain, counts, cells.sizeFactors.subarray(rows.from, rows.to));
      checkValues(calibrated, number, "gives, corrected on these cells,");
      const level = new Float32Array(plain.length);
      const { factors } = correct;
      for (let at = 0; at < plain.length; at += factors.length)
        for (let gene = 0; gene < factors.length; gene++) level[at + gene] = plain[at + gene] * factors[gene];
      yield { rows, plain, level, calibrated };
    }
  }
}

/**
 * Fit the model's calibration on cells with some counts hidden.
 *
 * @param counts - cells x model genes, what is not hidden
 * @param calibrated - whether the model is calibrated at all
 * @param part - how far the calibration goes; found on these cells by default
 */
export async function fit(space: Space, counts: Csr, calibrated: boolean, part: Part | null): Promise<Fitted> {
  const cells = cellsOf(space, counts);
  const { graph, measured } = space;
  if (!calibrated) return new Fitted(space, cells, graph, null, null);
  const predicted = await predictFew(graph, cells);
  const calibration = await calibrate(graph, cells, { measured, part, predicted });
  return new Fitted(space, cells, graph, calibration, predicted);
}

/** What the graph says of cells that are few enough for all of it to be kept, else null. */
async function predictFew(graph: Graph, cells: ModelCells): Promise<Float32Array | null> {
  const [number, width] = [cells.sizeFactors.length, graph.targets.length];
  if (number * width * 4 > KEPT_BYTES) return null;
  const predicted = new Float32Array(number * width);
  for (const { from, to } of blocksOf(number, BLOCK_SIZE))
    predicted.set(await graph.predict(rowsOf(cells, from, to)), from * width);
  return predicted;
}

/**
 * Fit what these cells teach without any model: the calibration of a constant.
 *
 * The same regressions as a calibration's, on the cells' own scores, from each gene's mean in these cells instead of a
 * model's. What a model is worth is what it knows beyond it.
 *
 * @param outputs - the genes to fit, as columns of the graph's output, ascending; the scores are made of all
 * @param fitted - the model on the same cells, with the same counts hidden: scores are made of counts alone, and are
 * taken from it where it has them
 */
export async function fitAlone(space: Space, outputs: Int32Array, fitted: Fitted): Promise<Fitted> {
  const { cells } = fitted;
  const graph = constantGraph(space, cells);
  const projection = fitted.calibration?.refinement?.projection ?? null;
  const calibration =
    projection === null
      ? await calibrate(graph, cells, { measured: space.measured, part: "scores", refined: outputs })
      : await calibrateAlike(graph, cells, outputs, projection, null);
  return new Fitted(space, cells, graph, calibration, null);
}

/** Stands in a graph's place: says of every cell the mean of all, times its size factor. */
function constantGraph({ graph: { targets } }: Space, cells: ModelCells): Graph {
  const counts = transpose(cells.counts, placesOf(targets, cells.counts.genes), targets.length);
  const means = geneMeans(cells, rowTotals(counts));
  return {
    targets,
    meaning: "expected",
    predict: async ({ sizeFactors }) => {
      const said = new Float32Array(sizeFactors.length * targets.length);
      for (let cell = 0, at = 0; cell < sizeFactors.length; cell++)
        for (let gene = 0; gene < means.length; gene++) said[at++] = sizeFactors[cell] * means[gene];
      return said;
    },
  };
}

/**
 * The mean count of each gene in a cell of size factor 1, half a count added: the constant to beat.
 *
 * @param totals - observed counts of each gene
 */
export function geneMeans(cells: ModelCells, totals: Float64Array): Float32Array {
  const depth = cells.sizeFactors.reduce((sum, factor) => sum + factor, 0);
  return Float32Array.from(totals, (total) => (total + 0.5) / Math.max(depth, 1e-9));
}
