/** What the colours of a picture mean. */

import { el } from "../dom.js";
import type { Coded } from "../messages.js";
import { count, legible } from "../texts.js";
import { type Look, MOST_LABELS, rampGradient, type Theme } from "./palette.js";
import { swatch } from "./swatch.js";

/** Labels with their looks, the most frequent first. */
export function legend(
  { categories }: Coded,
  looks: ReadonlyMap<string, Look>,
  cells: ArrayLike<number>,
): HTMLElement {
  const order = categories.map((_, place) => place).sort((a, b) => cells[b] - cells[a]);
  const shown = order.slice(0, MOST_LABELS + 1).map((place) => {
    const look = looks.get(categories[place]);
    const name = legible(categories[place]) || "(empty)";
    return el(
      "li",
      {},
      look ? swatch(look) : null,
      `${name} `,
      el("span", { class: "quiet", text: count(cells[place]) }),
    );
  });
  const rest = order.length - shown.length;
  return el("ul", { class: "keys" }, ...shown, rest > 0 && el("li", { text: `and ${count(rest)} others, grey` }));
}

/** A scale from low to high. */
export function scaleLegend(low: string, high: string, theme: Theme): HTMLElement {
  const ramp = el("span", { class: "ramp" });
  ramp.style.background = rampGradient(theme);
  return el("p", { class: "scale" }, el("span", { text: low }), ramp, el("span", { text: high }));
}
