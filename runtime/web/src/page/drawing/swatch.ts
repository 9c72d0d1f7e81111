/** A small picture of how cells of a label look, for tables and legends. */

import { svg } from "../dom.js";
import type { Look, Shape } from "./palette.js";

/** Draw it; it says nothing that the name beside does not. */
export function swatch({ color, shape }: Look): SVGElement {
  return svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, drawn(shape, color));
}

function drawn(shape: Shape, color: string): SVGElement {
  if (shape === "triangle") return svg("path", { d: "M6 1 11 10.5 1 10.5Z", fill: color });
  if (shape === "square") return svg("rect", { x: 1.5, y: 1.5, width: 9, height: 9, fill: color });
  if (shape === "ring")
    return svg("circle", { cx: 6, cy: 6, r: 4, fill: "none", stroke: color, "stroke-width": 1.8 });
  return svg("circle", { cx: 6, cy: 6, r: 5, fill: color });
}
