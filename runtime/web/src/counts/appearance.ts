/** Look at a sample of a matrix and say what its values are: counts, what counts can be had from, or neither. */

import { median, roundEven } from "../maths/statistics.js";
import { rowsOf } from "../readers/sparse.js";
import type { Csr } from "../readers/types.js";
import { grouped, roundedPercent } from "../text/figures.js";
import { areRoots, BASES, describe } from "./described.js";
import { general, wholeGrouped } from "./figures.js";
import { arePlausible, sharedUnit } from "./plausible.js";
import { type Form, LOG_OF_BASE, type Recovered, recover, type Undoing } from "./recover.js";
import { spread, sums } from "./statistics.js";

export type Kind = "counts" | "near-counts" | "log1p-counts" | "normalised-counts";

/** More molecules than a cell has; also where float32 stops holding every whole number. */
export const MOST_COUNT = 2 ** 24;
const FORMS: readonly Form[] = ["log1p", "linear", "log1p-base-2", "log1p-base-10"];
// A form is tried on so many cells before it is checked on all of the sample.
const TRIAL_CELLS = 20;
// Values above the unit must say so much together before a form is believed.
const LEAST_BITS = 100;
// Usual target sums, by which genes that were dropped after normalising can be known.
const TARGET_SUMS = [1e4, 1e6, 1e5, 1e3];
// Sums that differ by less than this were made equal.
export const EQUAL_SUMS = 1e-3;
// Decontaminated counts: so many of the values lie so close to a whole number that is not 0; 0.9 in any precision.
const [NEAR, NEAR_SHARE] = [0.100001, 0.6];

/** What a sample of a matrix looks like. */
export interface Look {
  /** Of counts; null where they cannot be had. */
  readonly kind: Kind | null;
  /** What is seen, to go on with after "X holds" or "X". */
  readonly seen: string;
  /** How to undo it. */
  readonly undoing: Undoing;
}

const AS_IT_IS: Undoing = { form: "linear", precision: 2 ** -23, step: 0 };

/**
 * Judge a sample of cells.
 *
 * @param sample - canonical, without explicit zeros
 * @param dtype - of the values as they are stored
 */
export function look(sample: Csr, dtype: string): Look {
  const { values } = sample;
  const refused = impossible(values);
  if (refused !== null) return { kind: null, seen: refused, undoing: AS_IT_IS };
  if (values.every((value) => value === roundEven(value))) {
    if (isBinary(sample))
      return {
        kind: null,
        seen: "holds only zeros and ones where counts would be higher: it is binary",
        undoing: AS_IT_IS,
      };
    return { kind: "counts", seen: "holds counts", undoing: AS_IT_IS };
  }
  const precision = dtype === "float16" ? 2 ** -10 : 2 ** -23;
  const step = decimals(values);
  const trial = rowsOf(sample, 0, Math.min(TRIAL_CELLS, sample.cells));
  let doubt = "";
  for (const spacing of step ? [0, step] : [0])
    for (const form of FORMS) {
      const undoing = { form, precision, step: spacing };
      const found = recoverable(trial, undoing) && recoverable(sample, undoing);
      if (!found) continue;
      if (arePlausible(found, sample.indptr)) return recovered(sample, found, undoing);
      doubt ||= doubted(found, form);
    }
  const share = nearShare(values);
  if (share >= NEAR_SHARE && !areRoots(values) && spread(sums(sample, values)) > EQUAL_SUMS) {
    const seen = `holds nearly counts (decontaminated or shared out: ${roundedPercent(share)} are close to a whole number)`;
    return { kind: "near-counts", seen, undoing: AS_IT_IS };
  }
  return { kind: null, seen: describe(sample, step, doubt), undoing: AS_IT_IS };
}

/** Lowest and highest value; NaN where one is that. */
export function extent(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) return [Number.NaN, Number.NaN];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Say what values no form of counts can have. */
function impossible(values: Csr["values"]): string | null {
  if (values.length === 0) return "holds only zeros: there are no counts to go by";
  let odd = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) odd++;
  if (odd)
    return `holds NaN or infinite values (${grouped(odd)} of ${grouped(values.length)} stored values looked at)`;
  const [low, high] = extent(values);
  if (low < 0)
    return `holds negative values (the lowest is ${general(low, 4)}): it was scaled, centred or corrected`;
  return high > MOST_COUNT ? `holds values up to ${general(high, 4)}, more than a cell has molecules` : null;
}

/** Whether all is 0 or 1 though genes are detected so often that Poisson counts would pass 1. */
function isBinary({ cells, genes, indices, values }: Csr): boolean {
  if (values.some((value) => value > 1)) return false;
  const detected = new Float64Array(genes);
  for (let i = 0; i < indices.length; i++) detected[indices[i]]++;
  let above = 0;
  for (const times of detected) {
    const mean = -Math.log1p(-Math.min(times / cells, 0.99));
    above += 1 - Math.exp(-mean) * (1 + mean);
  }
  return above * cells > 20;
}

/** Half of the last decimal of values that were written with up to four, else 0. */
function decimals(values: Csr["values"]): number {
  const some = values.subarray(0, 5000);
  for (let digits = 1; digits < 5; digits++) {
    const isWritten = some.every((value) => {
      const scaled = value * 10 ** digits;
      return Math.abs(scaled - roundEven(scaled)) <= 1e-6 * scaled;
    });
    if (isWritten) return 0.5 * 10 ** -digits;
  }
  return 0;
}

/** Recover counts; null where the values do not prove them. */
function recoverable(sample: Csr, undoing: Undoing): Recovered | null {
  const { form } = undoing;
  const isEmpty = sample.values.length === 0;
  if (form !== "linear" && !isEmpty && extent(sample.values)[1] * LOG_OF_BASE[form] > 40) return null;
  const found = recover(sample.values, sample.indptr, undoing);
  if (form === "linear") {
    const whole =
      found.units.reduce((number, unit) => number + (Math.abs(unit - 1) < 1e-4 ? 1 : 0), 0) / sample.cells;
    // Most cells hold counts as they are: a fraction in another was not made by normalising it.
    if (whole > 0.5 && whole < 1) return null;
  }
  // The first cells may be empty: the others will tell.
  const isEnough = found.bits >= LEAST_BITS || isEmpty;
  return isEnough && found.proven.every((cell) => cell === 1) ? found : null;
}

/** Say what multiples are that are not plausible as counts. */
function doubted(found: Recovered, form: Form): string {
  const unit = sharedUnit(found);
  const of = unit ? `whole multiples of ${general(unit, 4)}` : "whole multiples of one number in each cell";
  const what = form === "linear" ? of : `log1p (${BASES[form]}) of ${of}`;
  return `${what}, with fewer low ones than counts would have (corrected or normalised, then rounded?)`;
}

function recovered(sample: Csr, found: Recovered, undoing: Undoing): Look {
  const { form } = undoing;
  const all = sums(sample, found.counts);
  const units = found.units.filter(Number.isFinite);
  const totals = all.filter((_, cell) => Number.isFinite(found.units[cell]));
  const what = normalisation(units, totals);
  if (form === "linear") return { kind: "normalised-counts", seen: `holds ${what}`, undoing };
  return { kind: "log1p-counts", seen: `holds log1p of ${what} (${BASES[form]})`, undoing };
}

/** Say what counts were multiplied by. */
function normalisation(units: Float64Array, totals: Float64Array): string {
  const first = units[0];
  if (units.every((unit) => Math.abs(unit - first) <= 1e-8 + 1e-4 * Math.abs(first)))
    return Math.abs(first - 1) < 1e-4 ? "counts" : `counts times ${general(first, 6)}`;
  const targets = units.map((unit, cell) => unit * totals[cell]);
  if (spread(targets) < EQUAL_SUMS) return `counts per ${wholeGrouped(median(targets))}`;
  for (const target of TARGET_SUMS) {
    let fitting = 0;
    for (const unit of units) {
      const whole = target / unit;
      if (Math.abs(whole - roundEven(whole)) < Math.min(1e-5 * whole + 1e-3, 0.2)) fitting++;
    }
    if (fitting / units.length > 0.95) return `counts per ${grouped(target)} of more genes than there are here`;
  }
  return "counts by size factor";
}

function nearShare(values: Csr["values"]): number {
  const most = values instanceof Float32Array ? Math.fround(NEAR) : NEAR;
  let near = 0;
  for (let i = 0; i < values.length; i++) {
    const whole = roundEven(values[i]);
    if (Math.abs(values[i] - whole) <= most && whole >= 1) near++;
  }
  return near / values.length;
}
