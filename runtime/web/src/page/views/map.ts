/** A map of the cells among known cells, coloured by what a person chooses. */

import type { Judged } from "../../tasks/types.js";
import type { Actions } from "../actions.js";
import { card, el, fill, show } from "../dom.js";
import { type Frame, nearest } from "../drawing/frame.js";
import { middles, writeNames } from "../drawing/labels.js";
import { legend, scaleLegend } from "../drawing/legend.js";
import { type Look, looksOf, theme } from "../drawing/palette.js";
import { redrawn } from "../drawing/redrawn.js";
import { scatter } from "../drawing/scatter.js";
import { shades } from "../drawing/shades.js";
import type { Coded } from "../messages.js";
import type { Of, State, Store } from "../state.js";
import { tally } from "../tally.js";
import { count, decimal, legible, some } from "../texts.js";
import { PLAIN } from "../unlabelled.js";

const WITHIN = 12;
/** Of the columns of obs that are offered; a list of thousands is none that a person reads. */
const MOST_COLUMNS = 300;

/** The card with the map. */
export function mapView(store: Store, actions: Actions): HTMLElement {
  const canvas = el("canvas", { class: "map", set: { role: "img" } });
  const tip = el("p", { class: "tip", set: { "aria-hidden": "true" } });
  const key = el("div", { class: "key" });
  const axes = el("p", { class: "quiet" });
  const caution = el("p", { class: "refusal" });
  const choice = el("select", { id: "colour-by" });
  const chooser = el("p", {}, el("label", { text: "Colour by ", set: { for: "colour-by" } }), choice);
  const known = el("input", { id: "known", set: { type: "checkbox", checked: true } });
  const knownLine = el(
    "span",
    { class: "check" },
    known,
    el("label", { text: "known cells", set: { for: "known" } }),
  );
  chooser.append(" ", knownLine);
  const view = card(
    "map",
    "Where they lie",
    chooser,
    el("div", { class: "stage" }, canvas, tip),
    key,
    caution,
    axes,
  );
  let frame: Frame | null = null;

  const draw = () => {
    const { placed } = store.now;
    show(view, placed !== null);
    if (!placed) return;
    frame = drawMap(canvas, key, store.now, known.checked);
  };
  choice.addEventListener("change", () => {
    const [kind, column] = split(choice.value);
    void actions.colourBy(kind, column);
  });
  known.addEventListener("change", draw);
  canvas.addEventListener("pointermove", (event) => point(event, canvas, tip, frame, store.now));
  canvas.addEventListener("pointerleave", () => show(tip, false));
  show(tip, false);
  store.watch(["placed", "dataset", "named"], (state) => {
    fill(choice, options(state));
    choice.value = value(state);
    show(knownLine, state.placed?.found.reference != null);
    if (state.placed) axes.textContent = told(state);
    caution.textContent = cautioned(state);
    show(caution, caution.textContent !== "");
  });
  store.watch(["placed", "named", "colourBy"], (state) => {
    choice.value = value(state);
    draw();
  });
  redrawn(canvas, draw);
  return view;
}

function told({ placed }: State): string {
  if (!placed) return "";
  const { axes, reference } = placed.found;
  const behind = reference
    ? ` Behind your cells, grey: ${count(reference.points.length / 2)} cells of the studies that made the model.`
    : "";
  return `Across: ${axes[0]}; up: ${axes[1]}. Distances in a plane are a part of the truth.${behind}`;
}

/** What of the map is not to be relied on. */
function cautioned({ placed, named }: State): string {
  const isUnfit = (result: Of<{ readonly judged: Judged }> | null) =>
    result?.found.judged.verdict === "does not fit";
  const parts = [isUnfit(placed) && "places", isUnfit(named) && "names"].filter((part) => part !== false);
  if (parts.length === 0) return "";
  return `The model does not fit these cells: their ${parts.join(" and ")} on this map are not to be relied on.`;
}

function options({ dataset, named }: State): HTMLOptionElement[] {
  const option = (text: string, chosen: string) => el("option", { text, set: { value: chosen } });
  const columns = dataset?.obs ?? [];
  const more = columns.length - MOST_COLUMNS;
  return [
    ...(named
      ? [option("cell type", "types"), option("probability of the type", "probability")]
      : [option("nothing", "types")]),
    ...columns.slice(0, MOST_COLUMNS).map((column) => option(`your column ${legible(column)}`, `obs:${column}`)),
    ...(more > 0
      ? [el("option", { text: `${some(more, "more column")} of yours, not offered here`, set: { disabled: true } })]
      : []),
  ];
}

function value({ colourBy }: State): string {
  return colourBy.kind === "obs" ? `obs:${colourBy.column}` : colourBy.kind;
}

function split(chosen: string): [kind: "types" | "probability" | "obs", column: string] {
  if (chosen.startsWith("obs:")) return ["obs", chosen.slice(4)];
  return [chosen === "probability" ? "probability" : "types", ""];
}

/** The labels that the map shows, one a cell; null where it shows a number. */
function labelsOf({ named, placed, colourBy }: State): Coded | null {
  if (colourBy.kind === "obs") return colourBy.labels;
  if (colourBy.kind === "probability" && named) return null;
  const cells = (placed?.found.points.length ?? 0) / 2;
  return named?.found.types ?? { categories: ["your cells"], codes: new Int32Array(cells) };
}

function drawMap(canvas: HTMLCanvasElement, key: HTMLElement, state: State, withKnown: boolean): Frame | null {
  if (!state.placed) return null;
  const { points, reference } = state.placed.found;
  const behind = withKnown && reference ? reference.points : null;
  const labels = labelsOf(state);
  const palette = theme();
  if (!labels) {
    const probability = state.named?.found.probability ?? new Float32Array(points.length / 2);
    const { which, looks, order } = shades(probability, 1, palette);
    fill(key, scaleLegend("0", "1", palette));
    canvas.setAttribute("aria-label", "Map of your cells, coloured by the probability of their type.");
    return scatter(canvas, { points, reference: behind, which, looks, order, theme: palette });
  }
  const counted = tally(labels, new Float32Array(labels.codes.length));
  const looks = looksOf(labels.categories, counted.cells, PLAIN, palette);
  const list = labels.categories.map((label) => looks.get(label) as Look);
  const frame = scatter(canvas, {
    points,
    reference: behind,
    which: labels.codes,
    looks: list,
    order: null,
    theme: palette,
  });
  writeNames(canvas, frame, middles(points, labels.codes, labels.categories, PLAIN), palette);
  fill(key, legend(labels, looks, counted.cells));
  canvas.setAttribute("aria-label", spoken(labels, counted.cells));
  return frame;
}

function spoken({ categories }: Coded, cells: Int32Array): string {
  const order = categories.map((_, place) => place).sort((a, b) => cells[b] - cells[a]);
  const most = order.slice(0, 12).map((place) => `${legible(categories[place])} ${count(cells[place])}`);
  return `Map of your cells among known cells. Cells by label: ${most.join(", ")}${order.length > 12 ? ", and others" : ""}.`;
}

/** Say what the cell under the pointer is. */
function point(
  event: PointerEvent,
  canvas: HTMLCanvasElement,
  tip: HTMLElement,
  frame: Frame | null,
  state: State,
): void {
  const { placed, named } = state;
  if (!placed || !frame) return;
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const cell = nearest(placed.found.points, frame, x, y, WITHIN);
  show(tip, cell >= 0);
  if (cell < 0) return;
  const parts: string[] = [];
  if (named) {
    const { types, probability } = named.found;
    parts.push(`${legible(types.categories[types.codes[cell]])} (${decimal(probability[cell])})`);
  }
  const labels = state.colourBy.kind === "obs" ? state.colourBy.labels : null;
  if (labels) parts.push(legible(labels.categories[labels.codes[cell]] || "–"));
  tip.textContent = parts.join(" · ") || `cell ${count(cell + 1)}`;
  tip.style.left = `${Math.min(x + 14, Math.max(box.width - 180, 0))}px`;
  tip.style.top = `${y + 14}px`;
}
