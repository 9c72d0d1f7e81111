/** The names of groups of cells, at the middle of their cells, none over another. */

import { legible } from "../texts.js";
import type { Frame } from "./frame.js";
import { MOST_LABELS, type Theme } from "./palette.js";

/** A name and where it belongs, on the plane. */
export interface Middle {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

const LETTERS = 22;
const LINE = 17;
/** Groups of a smaller share of the cells are not named. */
const LEAST_SHARE = 0.005;

/** The middle (median) of the cells of each group, but of groups that are nearly nobody. */
export function middles(
  points: Float32Array,
  codes: ArrayLike<number>,
  names: readonly string[],
  unnamed: readonly string[],
): readonly Middle[] {
  const groups = names.map((): { x: number[]; y: number[] } => ({ x: [], y: [] }));
  for (let cell = 0; cell < points.length / 2; cell++) {
    if (!Number.isFinite(points[cell * 2])) continue;
    groups[codes[cell]].x.push(points[cell * 2]);
    groups[codes[cell]].y.push(points[cell * 2 + 1]);
  }
  const least = (LEAST_SHARE * points.length) / 2;
  const order = names
    .map((_, group) => group)
    .filter((group) => !unnamed.includes(names[group]) && groups[group].x.length > least);
  order.sort((a, b) => groups[b].x.length - groups[a].x.length);
  return order.slice(0, MOST_LABELS).map((group) => ({
    name: names[group],
    x: median(groups[group].x),
    y: median(groups[group].y),
  }));
}

/** Write names; each moves down from where another stands. */
export function writeNames(canvas: HTMLCanvasElement, frame: Frame, named: readonly Middle[], theme: Theme): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { width, height } = canvas.getBoundingClientRect();
  pen.font = `600 12px ${getComputedStyle(canvas).fontFamily}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const taken: { x: number; y: number; half: number }[] = [];
  for (const { name, x, y } of [...named].sort((a, b) => b.y - a.y)) {
    const text = legible(name, LETTERS);
    const half = pen.measureText(text).width / 2 + 5;
    const at = {
      x: clamp(frame.x(x), half, width - half),
      y: clamp(frame.y(y), LINE / 2, height - LINE / 2),
      half,
    };
    while (taken.some((other) => Math.abs(other.x - at.x) < other.half + half && Math.abs(other.y - at.y) < LINE))
      at.y++;
    taken.push(at);
    pen.fillStyle = theme === "light" ? "rgba(255,255,255,.86)" : "rgba(25,29,34,.86)";
    pen.beginPath();
    pen.roundRect(at.x - half, at.y - LINE / 2, 2 * half, LINE, 4);
    pen.fill();
    pen.fillStyle = theme === "light" ? "#1c2126" : "#e7eaee";
    pen.fillText(text, at.x, at.y + 0.5);
  }
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(high, low));
}
