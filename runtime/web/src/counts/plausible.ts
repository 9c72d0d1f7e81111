/**
 * Tell counts of molecules from other whole multiples of a unit, by how often each of them occurs.
 *
 * Values that were written with few decimals are whole multiples of the last one, whatever they are: of 0.87 times the
 * counts, to one decimal, 0.9 and 1.7 are 9 and 17 times 0.1. So that a unit fits proves little where it is a decimal, or
 * another whole part of 1 (halves, of molecules that were shared out), and not each cell's own.
 *
 * In counts of molecules, all genes together, low ones are more frequent than high ones, of shallow cells and of deep
 * ones. What was corrected and rounded has few low multiples, or gaps between those that the counts became.
 */

import { roundEven } from "../maths/statistics.js";
import type { Recovered } from "./recover.js";

// Counts are compared in windows, each wider by a quarter than the one before, up to this one.
const HIGHEST = 10_000;
const EDGES = edges();
// A window that holds less of the values is of a few genes.
const LEAST_SHARE = 0.05;
// So many times as frequent a higher count may be as any lower one, where the unit is a part of 1. Where each cell has its
// own, only leaps are refused, from one window to the next or the second next: the highest genes of deep cells alone have
// more of 3 than of 1, too.
const [MOST_ABOVE_ANY, MOST_LEAP] = [1.2, 3];
// It must be more frequent by so many standard deviations (of Poisson counts).
const SURE = 3;
// Units that differ by less, relatively, are the same; so much of a whole number may be lost.
const [SAME, LOST] = [1e-4, 0.1];

/** The unit of which the units of all cells are whole multiples; 0 for none. */
export function sharedUnit(found: Recovered): number {
  const units = found.units.filter(Number.isFinite);
  const lowest = units.reduce((least, unit) => Math.min(least, unit), Number.POSITIVE_INFINITY);
  return units.every((unit) => isWhole(unit / lowest)) ? lowest : 0;
}

/**
 * Whether recovered counts can be counts of molecules.
 *
 * @param found - counts of a sample of cells, at least one, each proven a multiple of its cell's unit
 * @param indptr - where each cell begins, and the end
 */
export function arePlausible(found: Recovered, indptr: Float64Array): boolean {
  const { counts, units } = found;
  if (areShifted(counts)) return false;
  const unit = sharedUnit(found);
  // Whole numbers as they are.
  if (Math.abs(unit - 1) < SAME) return true;
  if (unit === 0 || 1 / unit < 1.5 || !isWhole(1 / unit)) return !rise(counts, MOST_LEAP, 2);
  const multiples = new Float64Array(counts.length);
  for (let cell = 0; cell < units.length; cell++) {
    const times = roundEven(units[cell] / unit);
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) multiples[i] = counts[i] * times;
  }
  return multiples.includes(1) && !rise(multiples, MOST_ABOVE_ANY, HIGHEST);
}

function isWhole(ratio: number): boolean {
  return Math.abs(ratio - roundEven(ratio)) <= Math.min(SAME * ratio, LOST);
}

/** Whether all differ by multiples of a number that they are no multiples of: 1, 3, 5. */
function areShifted(counts: Float64Array): boolean {
  let apart = 0;
  for (const count of counts) {
    let rest = Math.abs(count - counts[0]);
    while (rest > 0) [apart, rest] = [rest, apart % rest];
    if (apart === 1) return false;
  }
  return apart > 1 && counts[0] % apart !== 0;
}

/**
 * Whether counts of a window are so many times as frequent as in one below it.
 *
 * @param times - how many times
 * @param reach - how many windows below it are looked at
 */
function rise(counts: Float64Array, times: number, reach: number): boolean {
  const number = histogram(counts);
  for (let high = 0; high < number.length; high++) {
    if (number[high] < LEAST_SHARE * counts.length) continue;
    for (let low = Math.max(high - reach, 0); low < high; low++) {
      const ratio = (times * width(high)) / width(low);
      const more = number[high] - ratio * number[low];
      if (more > SURE * Math.sqrt(number[high] + ratio ** 2 * number[low])) return true;
    }
  }
  return false;
}

/** How many counts lie in each window, the last of which holds its upper edge, too. */
function histogram(counts: Float64Array): Float64Array {
  const number = new Float64Array(EDGES.length - 1);
  const last = EDGES[EDGES.length - 1];
  for (const count of counts) {
    if (count > last) continue;
    let window = 0;
    while (window < number.length - 1 && count >= EDGES[window + 1]) window++;
    number[window]++;
  }
  return number;
}

function width(window: number): number {
  return EDGES[window + 1] - EDGES[window];
}

function edges(): number[] {
  const found = [1];
  for (let last = 1; last < HIGHEST; found.push(last)) last = Math.max(last + 1, Math.floor((last * 5) / 4));
  return found;
}
