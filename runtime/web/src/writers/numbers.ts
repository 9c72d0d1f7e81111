/** Numbers as text, fast: with the digits that tell a float32 from its neighbours, and no more. */

const DIGITS = 9;
const POWERS = Array.from({ length: 77 }, (_, place) => 10 ** (place - 38));
const ZERO = 48;
/** Most bytes that a number takes. */
export const NUMBER_BYTES = 24;

/**
 * Write a number into bytes, in decimals.
 *
 * @param value - finite, of float32's range; others are written as JavaScript has them
 * @returns the place behind it
 */
export function writeNumber(into: Uint8Array, at: number, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 1e9) return writeInteger(into, at, value);
  const size = Math.abs(value);
  if (!(size >= 1e-4 && size < 1e9)) return writeText(into, at, String(rounded(value)));
  let place = at;
  if (value < 0) into[place++] = 45;
  const whole = Math.floor(size);
  // Digits behind the point: 9 in all, leading zeros not among them.
  let behind = DIGITS - 1 - magnitude(size);
  let fraction = Math.round((size - whole) * POWERS[behind + 38]);
  if (fraction >= POWERS[behind + 38]) return writeText(into, at, String(rounded(value)));
  place = writeInteger(into, place, whole);
  if (fraction === 0) return place;
  while (fraction % 10 === 0) {
    fraction /= 10;
    behind--;
  }
  into[place++] = 46;
  for (let digit = behind - 1; digit >= 0; digit--) {
    into[place + digit] = ZERO + (fraction % 10);
    fraction = Math.floor(fraction / 10);
  }
  return place + behind;
}

/** The same as text; "" for what is not a number, as tables have it. */
export function numberText(value: number): string {
  return Number.isNaN(value) ? "" : String(rounded(value));
}

/** A number with six digits at most, as Python's tables of cells have it; "" for what is not a number. */
export function shortNumber(value: number): string {
  return Number.isNaN(value) ? "" : String(Number(value.toPrecision(6)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function magnitude(size: number): number {
  let found = Math.floor(Math.log10(size));
  if (POWERS[found + 39] <= size) found++;
  if (POWERS[found + 38] > size) found--;
  return found;
}

/** Write a whole number that is not negative. */
export function writeInteger(into: Uint8Array, at: number, value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length++;
  let rest = value;
  for (let digit = length - 1; digit >= 0; digit--) {
    const next = Math.floor(rest / 10);
    into[at + digit] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + length;
}

function writeText(into: Uint8Array, at: number, text: string): number {
  for (let place = 0; place < text.length; place++) into[at + place] = text.charCodeAt(place);
  return at + text.length;
}
