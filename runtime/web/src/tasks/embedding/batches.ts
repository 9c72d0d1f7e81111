/** Take out of an embedding what batches differ in, in closed form: nothing is trained. */

import { DataError } from "../../errors.js";
import type { Dataset } from "../../readers/types.js";
import { grouped } from "../../text/figures.js";

// So many cells of a type make half of a batch's own mean: fewer are drawn towards no shift.
const SHRINK = 20;

/** What stands for no batch, as readers of h5ad show what is missing. */
const NONE: ReadonlySet<string> = new Set(["", "nan", "<NA>"]);

/**
 * Number each cell's batch, from 0, in the order in which they occur.
 *
 * @throws DataError when there is no such column of batches, it leaves cells without one, or most cells are alone in theirs
 */
export function batchesOf({ obs }: Dataset, column: string): Int32Array {
  const values = obs.get(column);
  if (values === undefined) {
    const there = [...obs.keys()].slice(0, 9).join(", ") || "none";
    throw new DataError(`There is no column '${column}' in obs; there are ${there}. Choose one of these.`);
  }
  const empty = values.reduce((count, value) => count + (NONE.has(value) ? 1 : 0), 0);
  if (empty)
    throw new DataError(
      `${grouped(empty)} cells have no batch: obs['${column}'] is empty there. Fill it, or leave these ` +
        "cells out.",
    );
  const numbers = new Map<string, number>();
  const found = Int32Array.from(values, (value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
  refuseNamesOfCells(found, numbers.size, column);
  return found;
}

function refuseNamesOfCells(batches: Int32Array, number: number, column: string): void {
  const sizes = new Int32Array(number);
  for (const batch of batches) sizes[batch]++;
  const alone = sizes.reduce((count, size) => count + (size === 1 ? 1 : 0), 0);
  if (batches.length > 1 && alone > batches.length / 2)
    throw new DataError(
      `obs['${column}'] has ${grouped(number)} batches, and ${grouped(alone)} of the ${grouped(batches.length)} cells are ` +
        "alone in theirs: it names cells, not batches, and of one cell nothing can be told that its batch shares. Choose " +
        "the column of batches, or leave it out.",
    );
}

/** Cells with what is said of each, to take their batches out. */
export interface PlacedCells {
  /** Cells x dimensions, row by row; NaN for cells that have none, which stay so. */
  readonly places: Float32Array;
  readonly dimensions: number;
  /** Cells x types, row by row, each row's sum 1. */
  readonly probabilities: Float32Array;
  readonly types: number;
  /** Number of each cell's batch, from 0. */
  readonly batches: Int32Array;
}

/**
 * Take from each place, in place, the shift of its cell's type in its batch, weighed by how probable each type is.
 *
 * z - sum_k p_k t_kb (m_kb - m_k), with t_kb = n_kb / (n_kb + 20), m_kb the mean place of type k in batch b, n_kb the
 * cells of type k there, both weighed by p, and m_k the mean of m_kb over the batches, weighed by t_kb.
 */
export function takeOutBatches({ places, dimensions, probabilities, types, batches }: PlacedCells): void {
  const number = batches.reduce((most, batch) => Math.max(most, batch), -1) + 1;
  const known = Array.from(batches.keys()).filter((cell) =>
    places.subarray(cell * dimensions, (cell + 1) * dimensions).every(Number.isFinite),
  );
  const cells = new Float64Array(number * types);
  const means = new Float64Array(number * types * dimensions); // sums first
  for (const cell of known)
    for (let type = 0; type < types; type++) {
      const p = probabilities[cell * types + type];
      const at = batches[cell] * types + type;
      cells[at] += p;
      for (let d = 0; d < dimensions; d++) means[at * dimensions + d] += p * places[cell * dimensions + d];
    }
  const shift = new Float64Array(means.length);
  const middle = new Float64Array(dimensions);
  const trust = cells.map((count) => count / (count + SHRINK));
  for (let type = 0; type < types; type++) {
    let weight = 0;
    middle.fill(0);
    for (let at = type; at < cells.length; at += types) {
      weight += trust[at];
      for (let d = 0; d < dimensions; d++) {
        means[at * dimensions + d] /= Math.max(cells[at], 1e-12);
        middle[d] += trust[at] * means[at * dimensions + d];
      }
    }
    for (let at = type; at < cells.length; at += types)
      for (let d = 0; d < dimensions; d++)
        shift[at * dimensions + d] = trust[at] * (means[at * dimensions + d] - middle[d] / Math.max(weight, 1e-12));
  }
  for (const cell of known)
    for (let d = 0; d < dimensions; d++) {
      let moved = places[cell * dimensions + d];
      for (let type = 0; type < types; type++)
        moved -= probabilities[cell * types + type] * shift[(batches[cell] * types + type) * dimensions + d];
      places[cell * dimensions + d] = moved;
    }
}
