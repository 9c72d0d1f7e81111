/** What a graph gives, checked: values that no probability, no coordinate and no count can be are refused. */

import type { Meaning } from "../bundle/types.js";
import { BundleError } from "../errors.js";
import { grouped } from "../text/figures.js";

// Beyond all counts; the sum of the squares of less, over all cells of a calibration, is finite in float32.
const MOST = 1e12;
const SUM_TOLERANCE = 1e-3; // of probabilities that were summed in float32

/** Whether an output means imputed counts. */
export function isImputed(meaning: Meaning): meaning is "expected" | "expressed" {
  return meaning === "expected" || meaning === "expressed";
}

/**
 * Refuse what no probabilities, no energy and no coordinates can be.
 *
 * @param values - cells x columns, row by row
 * @param counted - which cells have counts that the model reads; what is said of the others is of no cell
 * @throws BundleError where a value is undefined or infinite, or the probabilities of a cell are below 0 or do not sum
 * to 1
 */
export function checkOutput(
  values: Float32Array,
  cells: number,
  meaning: Meaning,
  counted: (cell: number) => boolean,
): void {
  const columns = cells ? values.length / cells : 0;
  let wrong = 0;
  let looked = 0;
  for (let cell = 0; cell < cells; cell++) {
    if (!counted(cell)) continue;
    looked++;
    if (!possible(values.subarray(cell * columns, (cell + 1) * columns), meaning)) wrong++;
  }
  if (wrong)
    throw new BundleError(
      `The model gives for ${grouped(wrong)} of ${grouped(looked)} cells an output (${meaning}) that is undefined, ` +
        "infinite or does not sum to 1. It is damaged, or was not made for such cells: use another.",
    );
}

function possible(row: Float32Array, meaning: Meaning): boolean {
  let sum = 0;
  let least = 0;
  for (const value of row) {
    if (!(Math.abs(value) <= MOST)) return false;
    sum += value;
    if (value < least) least = value;
  }
  return meaning !== "class_probabilities" || (least >= 0 && Math.abs(sum - 1) <= SUM_TOLERANCE);
}

/**
 * Refuse what no imputed count can be: values that are undefined, below 0, or infinite or beyond all counts.
 *
 * @param verb - what the model does with them, for the message
 * @throws BundleError where there is one
 */
export function checkValues(values: Float32Array, cells: number, verb: string): void {
  let wrong = 0;
  for (let i = 0; i < values.length; i++) if (!(values[i] >= 0 && values[i] <= MOST)) wrong++;
  if (wrong)
    throw new BundleError(
      `The model ${verb} ${grouped(wrong)} of ${grouped(values.length)} values in a block of ${grouped(cells)} cells ` +
        "that are undefined, below 0 or beyond all counts. It is damaged, or was not made for such cells: use another.",
    );
}
