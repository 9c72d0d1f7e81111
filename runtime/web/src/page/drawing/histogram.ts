/** A small picture of how counts are distributed: observed above a line, imputed below it. */

import { svg } from "../dom.js";

const [WIDTH, HALF, BINS, GAP] = [132, 20, 22, 1];

/**
 * Draw it; the bins are even in log(1 + count).
 *
 * @param most - the count at the right end
 */
export function histogram(before: Float32Array, after: Float32Array | null, most: number): SVGElement {
  const height = after ? 2 * HALF + 1 : HALF + 1;
  const parts = [
    ...bars(binned(before, most), HALF, -1, "before"),
    svg("line", { x1: 0, x2: WIDTH, y1: HALF + 0.5, y2: HALF + 0.5, class: "ground" }),
    ...(after ? bars(binned(after, most), HALF + 1, 1, "after") : []),
  ];
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "histogram", "aria-hidden": "true" }, ...parts);
}

/** Shares of the values by bin; the first is of zeros alone. */
export function binned(values: Float32Array, most: number): Float64Array {
  const shares = new Float64Array(BINS);
  const scale = (BINS - 1) / Math.log1p(most);
  for (const value of values)
    shares[value > 0 ? Math.min(BINS - 1, 1 + Math.floor(Math.log1p(value) * scale)) : 0] += 1 / values.length;
  return shares;
}

function bars(shares: Float64Array, from: number, direction: 1 | -1, kind: string): SVGElement[] {
  const width = WIDTH / BINS;
  const drawn: SVGElement[] = [];
  shares.forEach((share, bin) => {
    if (share === 0) return;
    // The root, so that few cells with counts are seen beside many without.
    const height = Math.max(1, Math.sqrt(share) * HALF);
    const y = direction < 0 ? from - height : from;
    drawn.push(svg("rect", { x: bin * width, y, width: width - GAP, height, class: kind }));
  });
  return drawn;
}
