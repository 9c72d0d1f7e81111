/** Figures as text: one way to round them, whatever says them; as Python's runtime writes them. */

import { roundEven } from "../maths/statistics.js";
import { commas } from "./quoting.js";

const EXACT = 1e-9; // of binary fractions: 0.29 * 100 is a little less than 29

/** A share as whole percent, rounded down: what is just short of a limit must not read as if there. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + EXACT)}%`;
}

/** A correlation to two places, rounded down likewise. */
export function twoPlaces(value: number): string {
  return (Math.floor(value * 100 + EXACT) / 100).toFixed(2);
}

/** A share as whole percent, the nearest; of two that are as near, the even one. */
export function roundedPercent(share: number): string {
  return `${roundEven(share * 100)}%`;
}

/** A whole number with commas between thousands. */
export function grouped(value: number): string {
  return commas(roundEven(value));
}

/** A number with two digits and a power of ten: `1.0e-04`. */
export function scientific(value: number): string {
  return value.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
}

/** How few cells there are as the beginning of a sentence, with its verb. */
export function onlyCells(count: number, singular: string, plural: string): string {
  if (count === 0) return `No cell ${singular}`;
  return `Only ${count} ${count === 1 ? `cell ${singular}` : `cells ${plural}`}`;
}
