/** A graph that runs, and cells in the genes of a model. */

import type { Meaning } from "../bundle/types.js";

/** Cells of a dataset in the genes that a model reads; see docs/bundle.md, "Running a model". */
export interface InputCells {
  readonly cells: number;
  /** Cells x input genes, dense, row by row: counts; what the dataset lacks is neutral x size factor. */
  readonly inputs: Float32Array;
  /** One a cell; 0 for a cell without counts in the shared genes. */
  readonly sizeFactors: Float32Array;
  /**
   * Counts of each cell summed over the input genes that the dataset has. A cell without any is not named or placed;
   * left out, only cells of size factor 0 are such.
   */
  readonly inputCounts?: Float64Array;
}

/** A graph that runs. */
export interface Network {
  /** What it gives. */
  readonly meanings: readonly Meaning[];
  /**
   * Run it on some cells.
   *
   * @returns for each meaning cells x columns, row by row; checked: finite, rows of probabilities sum to 1. Rows of cells
   * that have no counts to go by are NaN (types, embeddings) or 0 (imputed counts), as in Python.
   */
  run(cells: InputCells): Promise<ReadonlyMap<Meaning, Float32Array>>;
  /** Gives its memory back. */
  close(): Promise<void>;
}
