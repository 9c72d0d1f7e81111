/** What is done to every block of cells: the probabilities of the types, how typical the cells are, the answers. */

import type { Classes, Meaning } from "../../bundle/types.js";
import { BundleError } from "../../errors.js";
import type { InputCells, Network } from "../../network/types.js";
import { descend } from "./answer.js";
import { NO_COUNTS, NOT_SURE, UNASSIGNED, UNLIKE } from "./columns.js";
import { reweigh } from "./shares.js";
import { ranks, type Typicality } from "./unknown.js";

/** How blocks of one dataset are named by one model. */
export interface Naming {
  readonly network: Network;
  readonly classes: Classes;
  /** How typical a cell is of its type; null where the model cannot say it. */
  readonly typicality: Typicality | null;
  /** Cells less typical than this are unassigned; null for none. */
  readonly threshold: number | null;
  /** How much more frequent each leaf type is in these cells than in training; null where that is not asked for. */
  readonly weights: Float64Array | null;
  readonly confidence: number;
  /** The model's own, by which it is told how many cells it is not sure of, whatever a person asked for. */
  readonly ownConfidence: number;
  readonly level: number | null;
  /** Cells of a smaller size factor than this are shallower than 99% of those that trained the model. */
  readonly shallow: number;
}

/** Named cells of a block, one value a cell. */
export interface NamedBlock {
  readonly types: readonly string[];
  readonly probability: Float32Array;
  readonly reason: readonly string[];
  readonly typical: Float32Array | null;
  /** Cells x leaves, row by row. */
  readonly probabilities: Float32Array;
  /** How many cells are shallow, and of how many the model is not even sure of the broadest type. */
  readonly shallow: number;
  readonly unsure: number;
}

/** What a model says of cells before any answer. */
export interface Measured {
  /** Cells x leaves, row by row, each row's sum 1; NaN for cells without counts. */
  readonly probabilities: Float32Array;
  /** A rank among known cells, 0 to 1, of the likeliest leaf type; null where the model cannot say it. */
  readonly typical: Float32Array | null;
}

/**
 * Name cells that are in the genes of the model.
 *
 * @throws BundleError when what the model gives for them are no probabilities
 */
export async function nameCells(naming: Naming, cells: InputCells): Promise<NamedBlock> {
  const { classes, confidence, level } = naming;
  const { probabilities, typical } = await measureCells(naming, cells);
  const leaves = classes.leaves.length;
  const { types: answers, probability } = descend(classes, probabilities, { confidence, level });
  const broad = descend(classes, probabilities, { confidence: naming.ownConfidence, level: 1 }).types;
  const threshold = naming.threshold === null ? null : Math.fround(naming.threshold);
  const least = Math.fround(naming.shallow);
  const types: string[] = [];
  const reason: string[] = [];
  let [shallow, unsure] = [0, 0];
  for (let cell = 0; cell < cells.cells; cell++) {
    const empty = Number.isNaN(probabilities[cell * leaves]);
    const unlike = threshold !== null && typical !== null && typical[cell] < threshold;
    const why = empty ? NO_COUNTS : unlike ? UNLIKE : answers[cell] < 0 ? NOT_SURE : "";
    reason.push(why);
    types.push(why ? UNASSIGNED : classes.names[answers[cell]]);
    if (empty) {
      probability[cell] = Number.NaN;
      continue;
    }
    if (cells.sizeFactors[cell] < least) shallow++;
    if (!unlike && broad[cell] < 0) unsure++;
  }
  return { types, probability, reason, typical, probabilities, shallow, unsure };
}

/** The probabilities of the leaf types, and how typical the cells are of the most probable of them. */
export async function measureCells(naming: Naming, cells: InputCells): Promise<Measured> {
  const found = await naming.network.run(cells);
  const probabilities = outputOf(found, "class_probabilities");
  if (naming.weights !== null) reweigh(probabilities, naming.weights);
  if (naming.typicality === null) return { probabilities, typical: null };
  const leaves = likeliest(probabilities, naming.classes.leaves.length);
  const typical = ranks(naming.typicality, cells, leaves, found.get("class_energy") ?? null);
  for (let cell = 0; cell < cells.cells; cell++)
    if (Number.isNaN(probabilities[cell * naming.classes.leaves.length])) typical[cell] = Number.NaN;
  return { probabilities, typical };
}

/** What a graph gives of one meaning. */
export function outputOf(found: ReadonlyMap<Meaning, Float32Array>, meaning: Meaning): Float32Array {
  const values = found.get(meaning);
  if (values === undefined)
    throw new BundleError(
      `The model gives no ${meaning}, only ${[...found.keys()].join(", ")}. Use another model.`,
    );
  return values;
}

/** The column of the largest value of every row; the first of equal ones, 0 where they are undefined. */
function likeliest(values: Float32Array, columns: number): Int32Array {
  const best = new Int32Array(values.length / columns);
  for (let row = 0; row < best.length; row++)
    for (let column = 1; column < columns; column++)
      if (values[row * columns + column] > values[row * columns + best[row]]) best[row] = column;
  return best;
}
