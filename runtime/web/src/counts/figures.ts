/** Numbers of a message as Python's formats write them. */

import { grouped } from "../text/figures.js";

/** Python's `.4g` and the like: so many digits that count, without zeros at the end, with a power of ten where it is far from 1. */
export function general(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = rounded(value, digits).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits)
    return `${trimmed(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return trimmed(Number(`${mantissa}e${power}`).toFixed(Math.max(0, digits - 1 - exponent)));
}

/** So many digits and a power of ten; what is exactly between two is rounded to the even one. */
function rounded(value: number, digits: number): string {
  const [all, power] = value.toExponential(60).split("e");
  const kept = all.length - 61 + digits; // behind the sign, the first digit, the point and the others
  const isBetween = /^50*$/.test(all.slice(kept)) && "02468".includes(all[kept - 1]);
  return isBetween ? `${all.slice(0, kept)}e${power}` : value.toExponential(digits - 1);
}

/** A number without a fraction, with commas between thousands: Python's `,.0f`. */
export function wholeGrouped(value: number): string {
  return Number.isFinite(value) ? grouped(value) : general(value, 6);
}

function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
