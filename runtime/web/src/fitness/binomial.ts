/**
 * Binomial numbers as numpy draws them, from the same random numbers: by inversion where few are expected, else by the
 * algorithm BTPE (Kachitvichyanukul & Schmeiser 1988, "Binomial random variate generation").
 */

import type { Generator } from "../calibration/random.js";

const BY_INVERSION = 30; // up to so many expected successes

/**
 * Draw the number of successes.
 *
 * @param trials - a whole number, 0 or more
 * @param chance - of each, 0 to 1/2
 */
export function binomial(random: Generator, trials: number, chance: number): number {
  if (trials === 0 || chance === 0) return 0;
  return trials * chance <= BY_INVERSION ? inverted(random, trials, chance) : accepted(random, trials, chance);
}

function inverted(random: Generator, trials: number, chance: number): number {
  const q = 1 - chance;
  const none = Math.exp(trials * Math.log(q));
  const expected = trials * chance;
  const most = Math.floor(Math.min(trials, expected + 10 * Math.sqrt(expected * q + 1)));
  let successes = 0;
  let likely = none;
  let left = random.random();
  while (left > likely) {
    successes++;
    if (successes > most) {
      successes = 0;
      likely = none;
      left = random.random();
    } else {
      left -= likely;
      likely = ((trials - successes + 1) * chance * likely) / (successes * q);
    }
  }
  return successes;
}

/** What the envelope of the distribution consists of: a triangle, two parallelograms, two exponential tails. */
function envelope(n: number, r: number) {
  const q = 1 - r;
  const peak = n * r + r;
  const mode = Math.floor(peak);
  const p1 = Math.floor(2.195 * Math.sqrt(n * r * q) - 4.6 * q) + 0.5;
  const middle = mode + 0.5;
  const left = middle - p1;
  const right = middle + p1;
  const c = 0.134 + 20.5 / (15.3 + mode);
  let a = (peak - left) / (peak - left * r);
  const leftTail = a * (1 + a / 2);
  a = (right - peak) / (right * q);
  const rightTail = a * (1 + a / 2);
  const p2 = p1 * (1 + 2 * c);
  const p3 = p2 + c / leftTail;
  const p4 = p3 + c / rightTail;
  return { n, r, q, mode, p1, middle, left, right, c, leftTail, rightTail, p2, p3, p4 };
}

type Envelope = ReturnType<typeof envelope>;

function accepted(random: Generator, trials: number, chance: number): number {
  const e = envelope(trials, chance);
  while (true) {
    const u = random.random() * e.p4;
    let v = random.random();
    let y: number;
    if (u <= e.p1) return Math.floor(e.middle - e.p1 * v + u);
    if (u <= e.p2) {
      const x = e.left + (u - e.p1) / e.c;
      v = v * e.c + 1 - Math.abs(e.mode - x + 0.5) / e.p1;
      if (v > 1) continue;
      y = Math.floor(x);
    } else if (u <= e.p3) {
      y = Math.floor(e.left + Math.log(v) / e.leftTail);
      if (y < 0 || v === 0) continue;
      v = v * (u - e.p2) * e.leftTail;
    } else {
      y = Math.floor(e.right - Math.log(v) / e.rightTail);
      if (y > trials || v === 0) continue;
      v = v * (u - e.p3) * e.rightTail;
    }
    if (isAccepted(e, y, v)) return y;
  }
}

/** Whether a number below the envelope is below the distribution, too. */
function isAccepted({ n, r, q, mode, middle }: Envelope, y: number, v: number): boolean {
  const npq = n * r * q;
  const k = Math.abs(y - mode);
  if (!(k > 20 && k < npq / 2 - 1)) {
    const s = r / q;
    const a = s * (n + 1);
    let ratio = 1;
    for (let i = mode + 1; i <= y; i++) ratio *= a / i - s;
    for (let i = y + 1; i <= mode; i++) ratio /= a / i - s;
    return v <= ratio;
  }
  const rho = (k / npq) * ((k * (k / 3 + 0.625) + 0.16666666666666666) / npq + 0.5);
  const t = (-k * k) / (2 * npq);
  const log = Math.log(v);
  if (log < t - rho) return true;
  if (log > t + rho) return false;
  const [x1, f1, z, w] = [y + 1, mode + 1, n + 1 - mode, n - y + 1];
  const exact =
    middle * Math.log(f1 / x1) + (n - mode + 0.5) * Math.log(z / w) + (y - mode) * Math.log((w * r) / (x1 * q));
  return log <= exact + stirling(f1) + stirling(z) + stirling(x1) + stirling(w);
}

/** The tail of Stirling's series for log x!. */
function stirling(x: number): number {
  const square = x * x;
  return (13680 - (462 - (132 - (99 - 140 / square) / square) / square) / square) / x / 166320;
}
