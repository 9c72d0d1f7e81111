/**
 * Recover counts from normalised or log-transformed values, cell by cell, where the values prove what they were.
 *
 * Normalising multiplies the counts of a cell by one number and log1p follows: undone, every value of the cell is a whole
 * multiple of one unit. Values that were scaled, regressed, corrected or divided by gene lengths are not. The one thing
 * that cannot be known is a factor that all counts of a cell share. It is taken to be 1: a cell of which every count is
 * even comes back halved. Counts of twenty genes or more share none, unless something multiplied them. A target sum does
 * not tell: unit x sum of the recovered counts is the target, whatever the factor was.
 */

import { roundEven } from "../maths/statistics.js";

/** What was done to counts: multiplied (`linear`), and log1p to a base taken. */
export type Form = "linear" | "log1p" | "log1p-base-2" | "log1p-base-10";

export const LOG_OF_BASE: Readonly<Record<Form, number>> = {
  linear: 1,
  log1p: 1,
  "log1p-base-2": Math.LN2,
  "log1p-base-10": Math.LN10,
};

// A cell's smallest count is looked for up to here; deep cells of few genes have none of 1.
const LARGEST_LEAST = 64;
// Two roundings on the count scale (the factor, the product) and two of the logarithm, each of one unit in the last place:
// what float32 arithmetic leaves.
const ROUNDINGS = 2;
// Where a count is so high that its last digit is lost, so much of it may be.
const LOST_SHARE = 1e-4;

/** Counts that were recovered. */
export interface Recovered {
  /** One for each value, whole numbers. */
  readonly counts: Float64Array;
  /** Of each cell: what a count of 1 became, before the logarithm; NaN for a cell without values. */
  readonly units: Float64Array;
  /** 1 where every value of the cell is a whole multiple of its unit, within the precision of the values. */
  readonly proven: Uint8Array;
  /** How much the values above the unit say, in bits: values that fit by chance have next to none. */
  readonly bits: number;
}

/** How values were made of counts, and how precisely they are stored. */
export interface Undoing {
  readonly form: Form;
  /** Relative spacing of the values: 2^-23 for float32, and for float64 computed in it. */
  readonly precision: number;
  /** Absolute spacing of the values, where they were written with few decimals. */
  readonly step: number;
}

/** The values of a sample before the logarithm, with what is found of them. */
interface Work {
  readonly linear: Float64Array;
  /** Relative error of each. */
  readonly error: Float64Array;
  readonly counts: Float64Array;
  /** How far each multiple may be off. */
  readonly tolerance: Float64Array;
}

/**
 * Find the unit of each cell and the multiples of it.
 *
 * @param values - positive values, cell after cell, as in a CSR matrix
 * @param indptr - where each cell begins, and the end
 */
export function recover(values: Float32Array | Float64Array, indptr: Float64Array, undoing: Undoing): Recovered {
  const cells = indptr.length - 1;
  const work = undone(values, undoing);
  const units = new Float64Array(cells).fill(Number.NaN);
  const proven = new Uint8Array(cells).fill(1);
  let bits = 0;
  for (let cell = 0; cell < cells; cell++) {
    const [from, to] = [indptr[cell], indptr[cell + 1]];
    if (from === to) continue;
    let least = work.linear[from];
    let doubt = work.error[from];
    for (let i = from + 1; i < to; i++) {
      least = Math.min(least, work.linear[i]);
      doubt = Math.max(doubt, work.error[i]);
    }
    let fitted = fit(work, from, to, least, doubt);
    if (!fitted.fits) fitted = search(work, from, to, least, doubt) ?? fit(work, from, to, least, doubt);
    units[cell] = fitted.unit;
    if (!fitted.fits) {
      proven[cell] = 0;
      continue;
    }
    for (let i = from; i < to; i++)
      if (work.counts[i] >= 2) bits -= Math.log2(Math.min(Math.max(2 * work.tolerance[i], 1e-9), 1));
  }
  return { counts: work.counts, units, proven, bits };
}

function undone(values: Float32Array | Float64Array, { form, precision, step }: Undoing): Work {
  const { length } = values;
  const linear = new Float64Array(length);
  const error = new Float64Array(length);
  const base = LOG_OF_BASE[form];
  for (let i = 0; i < length; i++) {
    if (form === "linear") {
      linear[i] = values[i];
      error[i] = ROUNDINGS * precision + step / Math.max(values[i], 1e-300);
      continue;
    }
    const log = values[i] * base;
    const value = Math.expm1(log);
    const spacing = ROUNDINGS * precision * log + step * base;
    linear[i] = value;
    error[i] = ROUNDINGS * precision + spacing * (1 + 1 / Math.max(value, 1e-300));
  }
  return { linear, error, counts: new Float64Array(length), tolerance: new Float64Array(length) };
}

/** Round to multiples of a unit, make the unit precise by all of them, and round again. */
function fit(work: Work, from: number, to: number, unit: number, doubt: number): { fits: boolean; unit: number } {
  const { linear, error, counts, tolerance } = work;
  let [held, total] = [0, 0];
  for (let i = from; i < to; i++) {
    const count = roundEven(linear[i] / unit);
    if (count * (error[i] + doubt) < 0.25) {
      held += linear[i];
      total += count;
    }
  }
  const refined = held / Math.max(total, 1);
  let fits = true;
  for (let i = from; i < to; i++) {
    const multiple = linear[i] / refined;
    const count = roundEven(multiple);
    const off = count * (error[i] + doubt);
    counts[i] = count;
    tolerance[i] = off;
    if (!(Math.abs(multiple - count) <= off) || count < 1 || (off >= 0.5 && error[i] + doubt > LOST_SHARE))
      fits = false;
  }
  return { fits, unit: refined };
}

/** Find the smallest count that the lowest value of a cell can be, if not 1. */
function search(
  work: Work,
  from: number,
  to: number,
  lowest: number,
  doubt: number,
): { fits: boolean; unit: number } | null {
  for (let least = 2; least <= LARGEST_LEAST; least++) {
    const found = fit(work, from, to, lowest / least, doubt);
    if (found.fits) return found;
  }
  return null;
}
