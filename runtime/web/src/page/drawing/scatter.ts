/** Cells on a canvas. */

import { type Frame, frameOf } from "./frame.js";
import { faint, type Look, type Shape, type Theme } from "./palette.js";

/** What is drawn. */
export interface Picture {
  /** x and y of every cell. */
  readonly points: Float32Array;
  /** Known cells, drawn faintly behind. */
  readonly reference: Float32Array | null;
  /** For every cell the place of its look. */
  readonly which: ArrayLike<number>;
  readonly looks: readonly Look[];
  /** Cells in the order in which they are drawn; null for their own. */
  readonly order: ArrayLike<number> | null;
  readonly theme: Theme;
}

/** Radius of a dot in pixels, among so many. */
function radius(cells: number): number {
  return Math.max(1.1, Math.min(3.4, 3.4 * Math.sqrt(700 / Math.max(cells, 1))));
}

/** Draw, and return where the cells are. */
export function scatter(canvas: HTMLCanvasElement, picture: Picture): Frame {
  const { width, height } = sized(canvas);
  const { points, reference, which, looks, order, theme } = picture;
  const frame = frameOf(reference ? [points, reference] : [points], width, height);
  const pen = canvas.getContext("2d");
  if (!pen) return frame;
  pen.clearRect(0, 0, width, height);
  if (reference) {
    pen.fillStyle = faint(theme);
    for (let at = 0; at < reference.length; at += 2)
      dot(pen, "dot", frame.x(reference[at]), frame.y(reference[at + 1]), 1.6);
  }
  const size = radius(points.length / 2);
  pen.globalAlpha = 0.85;
  const cells = points.length / 2;
  for (let place = 0; place < cells; place++) {
    const cell = order ? order[place] : place;
    const [x, y] = [points[cell * 2], points[cell * 2 + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    const look = looks[which[cell]];
    pen.fillStyle = look.color;
    pen.strokeStyle = look.color;
    dot(pen, look.shape, frame.x(x), frame.y(y), size);
  }
  pen.globalAlpha = 1;
  return frame;
}

/** Give the canvas as many pixels as the screen has for it. */
function sized(canvas: HTMLCanvasElement): { readonly width: number; readonly height: number } {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { width, height };
}

function dot(pen: CanvasRenderingContext2D, shape: Shape, x: number, y: number, size: number): void {
  if (shape === "square") {
    pen.fillRect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    return;
  }
  pen.beginPath();
  if (shape === "triangle") {
    pen.moveTo(x, y - size * 1.2);
    pen.lineTo(x + size * 1.1, y + size * 0.8);
    pen.lineTo(x - size * 1.1, y + size * 0.8);
    pen.closePath();
    pen.fill();
  } else {
    pen.arc(x, y, shape === "ring" ? size * 0.9 : size, 0, 2 * Math.PI);
    if (shape === "ring") {
      pen.lineWidth = 1.2;
      pen.stroke();
    } else pen.fill();
  }
}
