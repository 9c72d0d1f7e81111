/** Numbers as shades: from low to high, in few steps, high ones drawn last. */

import { type Look, rampColor, type Theme } from "./palette.js";

const STEPS = 32;

/** For every cell its shade, and the order to draw in. */
export interface Shades {
  readonly which: Uint8Array;
  readonly looks: readonly Look[];
  readonly order: Int32Array;
}

/**
 * Return the shades of numbers.
 *
 * @param most - the number that has the strongest shade; NaN is the lowest
 */
export function shades(numbers: Float32Array, most: number, theme: Theme): Shades {
  const which = new Uint8Array(numbers.length);
  const room = new Int32Array(STEPS + 1);
  for (let cell = 0; cell < numbers.length; cell++) {
    const share = most > 0 ? numbers[cell] / most : 0;
    which[cell] = share > 0 ? Math.min(STEPS - 1, Math.floor(share * STEPS)) : 0;
    room[which[cell] + 1]++;
  }
  for (let step = 1; step <= STEPS; step++) room[step] += room[step - 1];
  const order = new Int32Array(numbers.length);
  for (let cell = 0; cell < numbers.length; cell++) order[room[which[cell]]++] = cell;
  const looks = Array.from({ length: STEPS }, (_, step): Look => {
    return { color: rampColor(step / (STEPS - 1), theme), shape: "dot" };
  });
  return { which, looks, order };
}
