/** Where cells of a plane lie on a canvas. */

/** Turns places of the plane into places of the canvas. */
export interface Frame {
  readonly x: (x: number) => number;
  readonly y: (y: number) => number;
}

/** Space around the cells, in pixels of the page. */
const MARGIN = 18;

/**
 * Return a frame that all points fit in; one unit is as long in both directions.
 *
 * @param clouds - x and y of every point; those that are NaN are left out
 */
export function frameOf(clouds: readonly Float32Array[], width: number, height: number): Frame {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const points of clouds)
    for (let at = 0; at < points.length; at += 2) {
      const [x, y] = [points[at], points[at + 1]];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < low) low = y;
      if (y > high) high = y;
    }
  if (left > right) [left, right, low, high] = [0, 1, 0, 1];
  const room = [Math.max(width - 2 * MARGIN, 1), Math.max(height - 2 * MARGIN, 1)];
  const scale = Math.min(room[0] / Math.max(right - left, 1e-9), room[1] / Math.max(high - low, 1e-9));
  const [middleX, middleY] = [(left + right) / 2, (low + high) / 2];
  return {
    x: (x) => width / 2 + (x - middleX) * scale,
    y: (y) => height / 2 - (y - middleY) * scale,
  };
}

/** The cell nearest to a place of the canvas, or -1 where none is within some pixels. */
export function nearest(points: Float32Array, frame: Frame, x: number, y: number, within: number): number {
  let found = -1;
  let best = within * within;
  for (let at = 0; at < points.length; at += 2) {
    const off = (frame.x(points[at]) - x) ** 2 + (frame.y(points[at + 1]) - y) ** 2;
    if (off < best) [found, best] = [at / 2, off];
  }
  return found;
}
