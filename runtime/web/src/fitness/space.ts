/** A sample of a dataset's cells in the genes of a model, from which counts can be hidden and put in again. */

import { moveColumns, placesOf, takeRows } from "../calibration/csr.js";
import { drawCells } from "../calibration/sample.js";
import type { Graph, ModelCells } from "../calibration/types.js";
import { sizeFactors } from "../network/size-factors.js";
import type { Csr } from "../readers/types.js";
import type { CheckedModel } from "./types.js";

/** Cells of a dataset in a model's genes. */
export interface Space {
  readonly graph: Graph;
  readonly measured: Uint8Array;
  readonly means: Float64Array;
  /** Cells x model genes, raw counts. */
  readonly counts: Csr;
  /** The output genes that are judged, as columns of the graph's output, ascending. */
  readonly outputs: Int32Array;
}

/**
 * Draw cells of a usual depth, as for a calibration.
 *
 * @param most - how many are drawn at most
 */
export function makeSpace(model: CheckedModel, cells: ModelCells, outputs: Int32Array, most: number): Space {
  const { graph, measured, means } = model;
  const counts = takeRows(cells.counts, drawCells(cells).rows.subarray(0, most));
  return { graph, measured, means, counts, outputs };
}

/** The same cells with other counts, such as those with some hidden. */
export function cellsOf(space: Space, counts: Csr): ModelCells {
  const every = Int32Array.from({ length: counts.genes }, (_, gene) => gene);
  return { counts, sizeFactors: sizeFactors(counts, space.means, space.measured, every) };
}

/** The columns of the judged genes, in their order. */
export function observed(space: Space, counts: Csr): Csr {
  const columns = space.outputs.map((output) => space.graph.targets[output]);
  return moveColumns(counts, placesOf(columns, counts.genes), columns.length);
}
