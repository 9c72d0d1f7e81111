/** Whether a model is fit for the cells that it is to fill: what a quick check finds, and what it rests on. */

import type { Graph } from "../calibration/types.js";
import type { Verdict } from "../tasks/types.js";

/** The model, open, as far as a check of it needs it. */
export interface CheckedModel {
  readonly graph: Graph;
  /** 1 for every gene of the gene index that the dataset has. */
  readonly measured: Uint8Array;
  /** Mean count of each gene of the gene index in a training cell of size factor 1. */
  readonly means: Float64Array;
}

/** What a verdict rests on. */
export interface Evidence {
  /**
   * Gain over gene mean x library of the model with its gene levels corrected, in nats a hidden molecule: what it knows
   * of the differences between these cells. Of a model without means (`expressed` only), the share of the squared error
   * that it takes off the non-zero mean + library slope.
   */
  readonly level: number;
  /** What the model knows of these differences, as a share of what many such cells would teach; NaN where unknown. */
  readonly knowledge: number;
  /** Share of the judged genes that the model itself likelier predicts better than the baseline than not. */
  readonly known: number;
  /** How many genes were judged. */
  readonly genes: number;
  /** How many cells were looked at. */
  readonly cells: number;
  /** Whether what imputing gives predicts hidden molecules better than the counts do as they are. */
  readonly ahead: boolean;
  /** Share of the judged genes that it predicts better once it is corrected on these cells; NaN where it is not. */
  readonly helped: number;
  /** Correlation of the genes' mean levels with those in the training cells; NaN where it was not measured. */
  readonly likeness: number;
}

/** What a quick check found. */
export interface Gate {
  /** The judged genes, as columns of the graph's output, ascending. */
  readonly outputs: Int32Array;
  /**
   * Of each, in nats a molecule over gene mean x library (of a model without means: in squared error of log1p counts
   * below the non-zero mean + library slope), shrunk; NaN of a gene without counts in these cells.
   */
  readonly gain: Float64Array;
  /** 1 for those that are filled: all but those that are likelier worse off than better. */
  readonly better: Uint8Array;
  /** The probability of each that the model itself, only its level corrected, predicts it better; NaN as `gain`. */
  readonly known: Float64Array;
  /** How many cells were looked at, and how often. */
  readonly cells: number;
  readonly folds: number;
  /** What was hidden. */
  readonly of: "molecules" | "entries";
  readonly verdict: Verdict;
  /** Why, a sentence a reason; Python's words. */
  readonly why: readonly string[];
  readonly evidence: Evidence;
}
