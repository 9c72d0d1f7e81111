/** The types of the cells, as a table. */

import { UNASSIGNED } from "../../tasks/annotation/columns.js";
import { card, el, fill, show } from "../dom.js";
import { looksOf, theme } from "../drawing/palette.js";
import { swatch } from "../drawing/swatch.js";
import type { NamesSeen } from "../messages.js";
import type { Store } from "../state.js";
import { tally } from "../tally.js";
import { count, decimal, legible, percent, some } from "../texts.js";
import { PLAIN } from "../unlabelled.js";

/** The card with the table of types. */
export function typesView(store: Store): HTMLElement {
  const body = el("tbody");
  const numeric = { class: "n" };
  const head = el(
    "tr",
    {},
    el("th", { text: "type", set: { scope: "col" } }),
    el("th", { ...numeric, text: "cells", set: { scope: "col" } }),
    el("th", { text: "share", set: { scope: "col" } }),
    el("th", { ...numeric, text: "mean probability", set: { scope: "col" } }),
  );
  const table = el("table", { class: "types" }, el("thead", {}, head), body);
  const why = el("div", { class: "why" });
  const caution = el("p", {
    class: "refusal",
    text: "The model does not fit these cells: the names below are not to be relied on.",
  });
  const view = card("types", "What these cells are", caution, el("div", { class: "scroll" }, table), why);
  const draw = () => {
    const { named } = store.now;
    show(view, named !== null);
    if (!named) return;
    show(caution, named.found.judged.verdict === "does not fit");
    fill(body, rows(named.found));
    fill(why, reasons(named.found));
  };
  store.watch(["named"], draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return view;
}

function rows(found: NamesSeen): HTMLElement[] {
  const { categories } = found.types;
  const counted = tally(found.types, found.probability);
  const looks = looksOf(categories, counted.cells, PLAIN, theme());
  const order = categories
    .map((_, place) => place)
    .sort((a, b) => rank(categories[b]) - rank(categories[a]) || counted.cells[b] - counted.cells[a]);
  return order.map((place) => {
    const name = categories[place];
    const look = looks.get(name);
    const share = counted.cells[place] / Math.max(found.types.codes.length, 1);
    return el(
      "tr",
      {},
      el("th", { class: "name", set: { scope: "row" } }, look ? swatch(look) : null, legible(name, 60)),
      el("td", { class: "n", text: count(counted.cells[place]) }),
      el("td", { class: "share" }, bar(share), el("span", { text: percent(share) })),
      el("td", { class: "n", text: decimal(counted.mean[place]) }),
    );
  });
}

/** Cells without a type come last, however many they are. */
function rank(type: string): number {
  return type === UNASSIGNED ? 0 : 1;
}

function bar(share: number): HTMLElement {
  const filled = el("span", { class: "filled" });
  filled.style.width = `${(100 * share).toFixed(2)}%`;
  return el("span", { class: "bar", set: { "aria-hidden": "true" } }, filled);
}

function reasons(found: NamesSeen): HTMLElement[] {
  const counted = tally(found.reasons, found.probability);
  const lines = found.reasons.categories
    .map((reason, place) => ({ reason, cells: counted.cells[place] }))
    .filter(({ reason }) => reason !== "");
  if (lines.length === 0) return [];
  return [
    el("h3", { text: "Why cells are unassigned" }),
    el(
      "ul",
      {},
      lines.map(({ reason, cells }) => el("li", { text: `${some(cells, "cell")}: ${reason}` })),
    ),
  ];
}
