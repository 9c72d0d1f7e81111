/** Counts of one gene by type, in numbers and in small pictures. */

import { el } from "../dom.js";
import { histogram } from "../drawing/histogram.js";
import type { Coded, GeneSeen } from "../messages.js";
import { count, decimal, legible, percent } from "../texts.js";

/** A table: how many cells of each type have counts, the means, and how the counts lie before and after. */
export function byType({ observed, filled }: GeneSeen, types: Coded | null): HTMLTableElement {
  const groups = types ?? { categories: ["all cells"], codes: new Int32Array(observed.length) };
  const places = groups.categories.map((): number[] => []);
  for (let cell = 0; cell < observed.length; cell++) places[groups.codes[cell]].push(cell);
  const order = places.map((_, group) => group).sort((a, b) => places[b].length - places[a].length);
  const most = highest(filled ?? observed);
  const heads = ["type", "cells", "with counts", "mean observed", ...(filled ? ["mean imputed"] : []), "counts"];
  const rows = order.map((group) => {
    const before = pick(observed, places[group]);
    const after = filled && pick(filled, places[group]);
    return el(
      "tr",
      {},
      el("th", { class: "name", text: legible(groups.categories[group], 60), set: { scope: "row" } }),
      number(count(before.length)),
      number(percent(before.filter((value) => value > 0).length / Math.max(before.length, 1))),
      number(decimal(mean(before))),
      after && number(decimal(mean(after))),
      el("td", {}, histogram(before, after, most)),
    );
  });
  const scale = `from 0 at the left to ${count(Math.ceil(most))} at the right`;
  const note = filled
    ? `Pictures: how many cells have how many counts, ${scale}; observed above the line, imputed below it.`
    : `Pictures: how many cells have how many counts, ${scale}.`;
  const cells = heads.map((text, place) =>
    el("th", { text, class: place > 0 && place < heads.length - 1 ? "n" : "", set: { scope: "col" } }),
  );
  return el(
    "table",
    { class: "by-type" },
    el("caption", { class: "quiet", text: note }),
    el("thead", {}, el("tr", {}, ...cells)),
    el("tbody", {}, ...rows),
  );
}

function number(text: string): HTMLElement {
  return el("td", { class: "n", text });
}

function pick(values: Float32Array, cells: readonly number[]): Float32Array {
  return Float32Array.from(cells, (cell) => values[cell]);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function highest(values: Float32Array): number {
  let most = 1;
  for (const value of values) if (value > most) most = value;
  return most;
}
