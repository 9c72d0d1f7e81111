/** What values look like from which counts cannot be had. */

import { median, roundEven } from "../maths/statistics.js";
import type { Csr } from "../readers/types.js";
import { EQUAL_SUMS, extent } from "./appearance.js";
import { general, wholeGrouped } from "./figures.js";
import { type Form, LOG_OF_BASE } from "./recover.js";
import { spread, sums } from "./statistics.js";

/** Bases of logarithms, as a sentence names them. */
export const BASES: Readonly<Record<Exclude<Form, "linear">, string>> = {
  log1p: "base e",
  "log1p-base-2": "base 2",
  "log1p-base-10": "base 10",
};
const EQUAL_ROUNDED_SUMS = 2e-2;

/**
 * Say what the values of a sample look like.
 *
 * @param step - half of their last decimal, where they were written with few; else 0
 * @param doubt - what multiples they are, where these are not plausible as counts; else empty
 */
export function describe(sample: Csr, step: number, doubt: string): string {
  const { values } = sample;
  const highest = extent(values)[1];
  const kinds = `holds fractions (for example ${general(example(values), 4)}; the highest value is ${general(highest, 4)})`;
  const why = step
    ? `rounded to steps of ${general(2 * step, 6)}: too coarse to have the counts back`
    : "but these are no multiples of counts (TPM, imputed, scaled, or corrected after normalising?)";
  const totals = sums(sample, values);
  if (spread(totals) < EQUAL_SUMS) {
    const what = doubt || "it looks normalised, but not from counts (TPM?)";
    return `${kinds}, with sums of ${wholeGrouped(median(totals))} a cell: ${what}`;
  }
  if (areRoots(values)) return `${kinds}: it looks like square roots of counts`;
  if (highest > 40)
    return `${kinds}: ${doubt || "it looks normalised or corrected, and not by one factor a cell (TPM, FPKM, imputed?)"}`;
  for (const [form, base] of Object.entries(BASES)) {
    const log = LOG_OF_BASE[form as Form];
    const undone = sums(
      sample,
      Float64Array.from(values, (value) => Math.expm1(value * log)),
    );
    const apart = spread(undone);
    if (apart < EQUAL_SUMS || (step && apart < EQUAL_ROUNDED_SUMS))
      return `${kinds}: it looks like log1p (${base}) of values that sum to ${wholeGrouped(median(undone))} a cell, ${why}`;
  }
  return `${kinds}: ${doubt || `it looks log-normalised, ${why}`}`;
}

/** Whether the squares of all values are whole numbers. */
export function areRoots(values: Csr["values"]): boolean {
  return values.every((value) => {
    const square = value ** 2;
    return Math.abs(square - roundEven(square)) <= 1e-5 * Math.max(square, 1);
  });
}

function example(values: Csr["values"]): number {
  return values.find((value) => value !== roundEven(value)) ?? Number.NaN;
}
