/** What new cells change about a model, in closed form: the types that calibration and check have in common. */

import type { Csr } from "../readers/types.js";

/** How far a calibration goes; each includes those before it. */
export type Part = "none" | "level" | "contrast" | "scores";

/** The parts, in order. */
export const PARTS: readonly Part[] = ["none", "level", "contrast", "scores"];

/** Cells of a dataset, in all genes of a model. */
export interface ModelCells {
  /** Cells x genes of the gene index, Float32Array; every gene at most once a cell. */
  readonly counts: Csr;
  /** One a cell; 0 for a cell without counts in the shared genes. */
  readonly sizeFactors: Float32Array;
}

/** The model, open, as far as a calibration needs it. */
export interface Graph {
  /** Rows of the target genes in the gene index, in the order of the graph's columns. */
  readonly targets: Int32Array;
  /** What its output means. */
  readonly meaning: "expected" | "expressed";
  /**
   * Say what it expects of some cells.
   *
   * @returns cells x targets, row by row, in counts; zeros for a cell without counts in the shared genes
   */
  predict(cells: ModelCells): Promise<Float32Array>;
}

/** Principal components of what cells have more or less of than their depth alone would give them. */
export interface Projection {
  /** The target genes that the scores are made of, as columns of the graph's output, ascending. */
  readonly genes: Int32Array;
  /** Number of scores. */
  readonly scores: number;
  /** Counts of each gene in a cell of depth one. */
  readonly rates: Float32Array;
  /** Genes x scores, row by row; a score has variance one in the fitted cells. */
  readonly loadings: Float32Array;
  /** What is taken off each score, so that it is zero on average in the fitted cells. */
  readonly centres: Float32Array;
}

/** What the regressions found, in the form in which a block is corrected at the least cost. */
export interface Coefficients {
  readonly genes: number;
  /** t of each gene: 0 leaves the model's contrast as it is, -1 takes it away. */
  readonly slopes: Float32Array;
  /** (2 + scores) x genes, row by row: a constant, which holds the gene's level, -t for the log depth, and b of each score. */
  readonly weights: Float32Array;
  /** Log factor of each gene's level; the rest of a correction is limited to a factor of e^3. */
  readonly levels: Float32Array;
}

/** Corrections by gene and cell. */
export interface Refinement {
  /** Median size factor of the fitted cells. */
  readonly scale: number;
  /** How a cell's scores are made; null where there are too few cells for any. */
  readonly projection: Projection | null;
  /** Of each gene's regression. */
  readonly coefficients: Coefficients;
}

/** What a dataset taught, and how a block of predicted counts is corrected by it. */
export interface Calibration {
  /** Factor of each target gene's level; 1 for a gene that the dataset lacks. */
  readonly factors: Float32Array;
  /** The corrections beyond it, which hold the level, too; null where there are none. */
  readonly refinement: Refinement | null;
  /** How far the calibration goes. */
  readonly part: Part;
  /** Number of cells that it was fitted on. */
  readonly cells: number;
  /** Size factor below which a cell is less than a tenth as deep as is usual in the dataset, or a droplet. */
  readonly shallowBelow: number;
  /** Number of scores of a cell. */
  readonly scores: number;
  /** The target genes that a cell's scores are made of, as columns of the graph's output, ascending. */
  readonly scoreGenes: Int32Array;
  /**
   * Correct a block.
   *
   * @param mean - the graph's counts, cells x (the genes of this calibration), row by row
   * @param scoredCounts - the observed counts of `scoreGenes`, cells x score genes, row by row, 0 where the dataset
   * lacks the gene
   * @param sizeFactors - one a cell
   * @param out - where the result is written, such as `mean`; a new array by default
   */
  correct(
    mean: Float32Array,
    scoredCounts: Float32Array,
    sizeFactors: Float32Array,
    out?: Float32Array,
  ): Float32Array;
  /** The calibration of some columns of the graph's output; `scoreGenes` stay those of all targets. */
  take(outputs: Int32Array): Calibration;
}
