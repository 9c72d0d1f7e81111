/** A falling logistic curve, fitted by least squares. */

import { clip } from "../maths/statistics.js";

/** 1 / (1 + exp(-steepness (x - midpoint))). */
export interface Curve {
  readonly midpoint: number;
  readonly steepness: number;
}

/** Points to fit a curve to. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

const TOLERANCE = 1.49012e-8; // of the squares and of the parameters: scipy's
const DIFFERENCE = 2 ** -26; // of a parameter, to take a derivative
const FACTOR = 100; // of the first step's bound
const MOST_TURNS = 3000;

/** The value of the curve. */
export function logistic(x: number, { midpoint, steepness }: Curve): number {
  return 1 / (1 + Math.exp(-clip(steepness * (x - midpoint), -50, 50)));
}

/**
 * Fit the curve by Levenberg's and Marquardt's method, in MINPACK's steps (Moré 1978, "The Levenberg-Marquardt algorithm:
 * implementation and theory"): scipy's `curve_fit` stops at the same place, short of the least squares.
 */
export function fitLogistic(points: Points, start: Curve): Curve {
  let curve = start;
  let left = residuals(points, curve);
  let length = norm(left);
  let scales: Pair = [0, 0];
  let [bound, damping, steps] = [0, 0, 0];
  for (let turn = 0; turn < MOST_TURNS; ) {
    const system = systemOf(points, curve, left);
    const columns: Pair = [Math.sqrt(system.aa), Math.sqrt(system.bb)];
    if (turn === 0) {
      scales = [columns[0] || 1, columns[1] || 1];
      bound = FACTOR * scaled(scales, [curve.midpoint, curve.steepness]) || FACTOR;
    }
    scales = [Math.max(scales[0], columns[0]), Math.max(scales[1], columns[1])];
    let ratio = 0;
    do {
      turn++;
      const found = boundedStep(system, scales, bound, damping);
      damping = found.damping;
      const [a, b] = found.step;
      const reach = scaled(scales, found.step);
      if (steps === 0) bound = Math.min(bound, reach);
      const next: Curve = { midpoint: curve.midpoint - a, steepness: curve.steepness - b };
      const nextLeft = residuals(points, next);
      const nextLength = norm(nextLeft);
      const actual = 0.1 * nextLength < length ? 1 - (nextLength / length) ** 2 : -1;
      const straight = (system.aa * a * a + 2 * system.ab * a * b + system.bb * b * b) / length ** 2;
      const damped = (damping * reach ** 2) / length ** 2;
      const expected = straight + damped / 0.5;
      ratio = expected === 0 ? 0 : actual / expected;
      if (ratio <= 0.25) {
        const slope = -(straight + damped);
        let shorter = actual >= 0 ? 0.5 : (0.5 * slope) / (slope + 0.5 * actual);
        if (0.1 * nextLength >= length || shorter < 0.1) shorter = 0.1;
        bound = shorter * Math.min(bound, reach / 0.1);
        damping /= shorter;
      } else if (damping === 0 || ratio >= 0.75) {
        bound = reach / 0.5;
        damping *= 0.5;
      }
      if (ratio >= 1e-4) {
        [curve, left, length] = [next, nextLeft, nextLength];
        steps++;
      }
      const settled = Math.abs(actual) <= TOLERANCE && expected <= TOLERANCE && 0.5 * ratio <= 1;
      if (settled || !(bound > TOLERANCE * scaled(scales, [curve.midpoint, curve.steepness]))) return curve;
    } while (ratio < 1e-4 && turn < MOST_TURNS);
  }
  return start;
}

type Pair = readonly [number, number];

/** J^T J, and J^T of what is left. */
interface System {
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
  readonly a: number;
  readonly b: number;
}

function residuals({ x, y }: Points, curve: Curve): Float64Array {
  return x.map((value, i) => logistic(value, curve) - y[i]);
}

function systemOf(points: Points, curve: Curve, left: Float64Array): System {
  const by = (name: keyof Curve): Float64Array => {
    const step = DIFFERENCE * Math.abs(curve[name]) || DIFFERENCE;
    const moved = residuals(points, { ...curve, [name]: curve[name] + step });
    return moved.map((value, i) => (value - left[i]) / step);
  };
  const [first, second] = [by("midpoint"), by("steepness")];
  return {
    aa: inner(first, first),
    ab: inner(first, second),
    bb: inner(second, second),
    a: inner(first, left),
    b: inner(second, left),
  };
}

/** The step of so much damping that it stays within its bound, about. */
function boundedStep(system: System, scales: Pair, bound: number, before: number): { step: Pair; damping: number } {
  const full = solved(system, scales, 0, system);
  let over = scaled(scales, full) - bound;
  if (over <= 0.1 * bound) return { step: full, damping: 0 };
  let low = over / bound / curvature(system, scales, 0, full);
  let high = Math.hypot(system.a / scales[0], system.b / scales[1]) / bound;
  let damping =
    clip(before, low, high) || Math.hypot(system.a / scales[0], system.b / scales[1]) / scaled(scales, full);
  for (let turn = 1; ; turn++) {
    if (damping === 0) damping = Math.max(Number.MIN_VALUE, 0.001 * high);
    const step = solved(system, scales, damping, system);
    over = scaled(scales, step) - bound;
    if (Math.abs(over) <= 0.1 * bound || turn === 10) return { step, damping };
    const correction = over / bound / curvature(system, scales, damping, step);
    if (over > 0) low = Math.max(low, damping);
    else high = Math.min(high, damping);
    damping = Math.max(low, damping + correction);
  }
}

/** How fast the length of a step falls with its damping, over that length. */
function curvature(system: System, scales: Pair, damping: number, step: Pair): number {
  const length = scaled(scales, step);
  const along = { a: (scales[0] ** 2 * step[0]) / length, b: (scales[1] ** 2 * step[1]) / length };
  const [a, b] = solved(system, scales, damping, along);
  return along.a * a + along.b * b;
}

function solved({ aa, ab, bb }: System, scales: Pair, damping: number, right: { a: number; b: number }): Pair {
  const [first, second] = [aa + damping * scales[0] ** 2, bb + damping * scales[1] ** 2];
  const determinant = first * second - ab * ab;
  if (!(determinant > 0)) return [first > 0 ? right.a / first : 0, 0];
  return [(right.a * second - right.b * ab) / determinant, (right.b * first - right.a * ab) / determinant];
}

function scaled(scales: Pair, values: Pair): number {
  return Math.hypot(scales[0] * values[0], scales[1] * values[1]);
}

function inner(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function norm(values: Float64Array): number {
  return Math.sqrt(inner(values, values));
}
