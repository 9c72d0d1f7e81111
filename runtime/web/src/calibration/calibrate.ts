/**
 * Correct a model for a new dataset, in closed form, on a sample of its cells.
 *
 * A gene's level differs between labs and chemistries, and a dataset has structure that the training data lacked. In
 * order: one factor a gene, (a + sum observed) / (a + sum predicted), the posterior mean of its level under Poisson
 * counts and a Gamma(a, a) prior, with a estimated from all genes; then for models of expected counts a regression of
 * each gene on the model's own contrast and on scores of the cell (`regression`, `scores`). Each of these parts is left
 * out where it does not help on cells and genes kept aside. As Python's runtime does it; see docs/method.md.
 */

import { choosePart } from "./choosing.js";
import { calibrationOf, takeGenes } from "./corrections.js";
import { denseColumns, placesOf } from "./csr.js";
import { depthAlone, fitBeyond, fitLevels, withScores } from "./fitting.js";
import { drawCells, takeCells, takeSample } from "./sample.js";
import { scoresOf } from "./scores.js";
import type { Calibration, Coefficients, Graph, ModelCells, Part, Projection } from "./types.js";

/** How a calibration is fitted. */
export interface CalibrateOptions {
  /** Whether the dataset has it, of each gene of the gene index. */
  readonly measured: ArrayLike<number>;
  /** How far it goes; found on these cells by default. */
  readonly part?: Part | null;
  /** The only columns of the graph's output that are corrected beyond their level; all by default. */
  readonly refined?: Int32Array | null;
  /** What the graph says of the cells, cells x targets, where that is known already. */
  readonly predicted?: Float32Array | null;
}

/**
 * Fit a calibration on at most 4,096 cells.
 *
 * For `expressed` counts the factors compare non-zero entries only, and nothing else is corrected.
 *
 * @param cells - the new dataset, in the model's genes
 * @throws BundleError where what the graph gives for them is no count
 */
export async function calibrate(graph: Graph, cells: ModelCells, options: CalibrateOptions): Promise<Calibration> {
  const { measured, refined = null, predicted = null } = options;
  const { rows, shallowBelow } = drawCells(cells);
  const width = graph.targets.length;
  const factors = new Float32Array(width).fill(1);
  const taught = { factors, refinement: null, part: "none" as Part, cells: rows.length, shallowBelow };
  const none = calibrationOf(taught);
  const known = Int32Array.from(graph.targets.keys()).filter((output) => measured[graph.targets[output]]);
  if (rows.length === 0 || known.length === 0) return none;
  const expected = graph.meaning === "expected";
  const said = predicted && takeWide(predicted, rows, width);
  const sample = await takeSample(graph, takeCells(cells, rows), known, !expected, said);
  const part = options.part ?? (expected ? choosePart(sample) : "level");
  if (part === "none") return none;
  const levels = fitLevels(sample);
  known.forEach((output, gene) => {
    factors[output] = levels[gene];
  });
  if (part === "level") return calibrationOf({ ...taught, part });
  const scored = Int32Array.from(known.keys());
  const basis = part === "scores" ? withScores(sample, scored) : depthAlone(sample.sizeFactors);
  const wanted = refined && new Set(refined);
  const chosen = wanted ? scored.filter((gene) => wanted.has(known[gene])) : scored;
  const fitted = wanted ? sample.take(null, chosen) : sample;
  const own = Float64Array.from(chosen, (gene) => levels[gene]);
  const { scale, projection, coefficients } = fitBeyond(fitted, own, basis);
  const outputs = chosen.map((gene) => known[gene]);
  return calibrationOf({
    ...taught,
    part,
    refinement: {
      scale,
      projection: projection && { ...projection, genes: projection.genes.map((gene) => known[gene]) },
      coefficients: over(coefficients, outputs, width),
    },
  });
}

/**
 * Fit a calibration of some genes by the scores of another one on the same cells.
 *
 * @param genes - the columns of the graph's output that are corrected, ascending; the dataset has all of them
 * @param projection - the scores of the other one
 * @param predicted - see `CalibrateOptions`
 */
export async function calibrateAlike(
  graph: Graph,
  cells: ModelCells,
  genes: Int32Array,
  projection: Projection,
  predicted: Float32Array | null,
): Promise<Calibration> {
  const { rows, shallowBelow } = drawCells(cells);
  const some = takeCells(cells, rows);
  const width = graph.targets.length;
  const sample = await takeSample(graph, some, genes, false, predicted && takeWide(predicted, rows, width));
  const levels = fitLevels(sample);
  const factors = new Float32Array(width).fill(1);
  genes.forEach((output, gene) => {
    factors[output] = levels[gene];
  });
  const basis = depthAlone(some.sizeFactors);
  const scored = projection.genes.map((output) => graph.targets[output]);
  const counts = denseColumns(some.counts, placesOf(scored, some.counts.genes), scored.length);
  const scores = scoresOf(projection, counts, basis.depth);
  const { scale, coefficients } = fitBeyond(sample, levels, { ...basis, projection, scores });
  return calibrationOf({
    factors,
    refinement: { scale, projection, coefficients: over(coefficients, genes, width) },
    part: "scores",
    cells: rows.length,
    shallowBelow,
  });
}

/** The same for all columns of a graph's output, of which these are `genes`; the others stay. */
function over(coefficients: Coefficients, genes: Int32Array, width: number): Coefficients {
  return takeGenes(coefficients, placesOf(genes, width));
}

function takeWide(matrix: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(matrix.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}
