/** What tasks are given, and what they give. */

import type { Bundle } from "../bundle/types.js";
import type { Source } from "../counts/types.js";
import type { Network } from "../network/types.js";
import type { Csr } from "../readers/types.js";

/** The words of a verdict. */
export type Verdict = "fits" | "fits with limits" | "does not fit" | "not tested";

/** A verdict and why, a sentence a reason: Python's words. */
export interface Judged {
  readonly verdict: Verdict;
  readonly why: readonly string[];
}

/** How a task runs. */
export interface RunOptions {
  /** Cells a block; memory is bounded by it. */
  readonly blockSize?: number;
  /** Told how many cells are done. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between blocks, with a StoppedError. */
  readonly signal?: AbortSignal;
}

/** What a task works on. */
export interface Work {
  readonly bundle: Bundle;
  readonly network: Network;
  readonly source: Source;
}

/** Options of naming cells; Python's AnnotateOptions. */
export interface AnnotateOptions extends RunOptions {
  readonly confidence?: number;
  readonly level?: number;
  readonly unknown?: boolean;
  /** Expect the types in the shares that they have in these cells, rather than in the training's. */
  readonly shares?: boolean;
}

/** Named cells. */
export interface Annotated {
  /** A type, or "unassigned". */
  readonly types: readonly string[];
  readonly probability: Float32Array;
  /** "" or why a cell is unassigned, Python's words. */
  readonly reason: readonly string[];
  /** Null where the model cannot say it. */
  readonly typical: Float32Array | null;
  /** Names of the leaf types, and cells x leaves. */
  readonly leaves: readonly string[];
  readonly probabilities: Float32Array;
  readonly judged: Judged;
  readonly coverage: number;
}

/** Options of placing cells; Python's EmbedOptions. */
export interface EmbedOptions extends RunOptions {
  /** Column of obs with the batch of each cell: what batches differ in is taken out, type by type. */
  readonly batch?: string;
}

/** Cells among known cells. */
export interface Embedded {
  readonly key: string;
  readonly dimensions: readonly string[];
  /** Cells x dimensions, row by row; NaN rows for cells without counts. */
  readonly coordinates: Float32Array;
  readonly judged: Judged;
  readonly coverage: number;
}

/** Options of imputing; Python's ImputeOptions. */
export interface ImputeOptions extends RunOptions {
  readonly estimate?: "expected" | "expressed" | "posterior";
  readonly policy?: "zeros" | "all" | "max";
  /** Correct the model on these cells, as Python does by default. */
  readonly calibrate?: boolean;
  /** Leave genes alone that the model predicts no better than their mean in these cells, as Python does by default. */
  readonly gate?: boolean;
}

/** An imputation that is ready for blocks. */
export interface Imputer {
  /** For every gene of the dataset `imputed`, or why it is not. */
  readonly reasons: readonly string[];
  readonly coverage: number;
  readonly judged: Judged | null;
  /** Fill the cells from..to: all genes of the dataset, CSR, observed counts among them. */
  fill(from: number, to: number): Promise<Csr>;
  /** One gene of the dataset, by its column, in all cells: observed and filled counts. */
  gene(column: number, options?: RunOptions): Promise<{ observed: Float32Array; filled: Float32Array }>;
  /** Several genes, in the time of one. */
  genes(
    columns: readonly number[],
    options?: RunOptions,
  ): Promise<readonly { observed: Float32Array; filled: Float32Array }[]>;
}
