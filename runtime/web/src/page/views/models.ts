/** All models that are offered, and why some cannot be used. */

import type { Task } from "../../bundle/types.js";
import { el, fill, show } from "../dom.js";
import { isOfOtherSpecies } from "../offered.js";
import type { Offered, State, Store } from "../state.js";
import { count, legible, legibleMessage, percent, species } from "../texts.js";

const SHORT: Readonly<Record<Task, string>> = { annotate: "names", embed: "places", impute: "imputes" };

/** A table of the models, folded away. */
export function modelsTable(store: Store): HTMLElement {
  const summary = el("summary");
  const body = el("tbody");
  const heads = ["model", "made of", "does", "your genes cover"];
  const view = el(
    "details",
    {},
    summary,
    el(
      "div",
      { class: "scroll", set: { tabindex: 0, role: "region", "aria-label": "Models" } },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { text, set: { scope: "col" } })))),
        body,
      ),
    ),
  );
  store.watch(["offered", "dataset"], (state) => {
    show(view, state.offered.length > 0);
    summary.textContent = `The models (${count(state.offered.length)})`;
    fill(
      body,
      state.offered.map((model) => row(model, state)),
    );
  });
  return view;
}

function row(model: Offered, state: State): HTMLElement {
  const from = [species(model.species), model.tissue].filter(Boolean).join(", ");
  return el(
    "tr",
    {},
    el("th", { class: "name", text: legible(model.name), set: { scope: "row" } }),
    el("td", { text: legible(from, 60) }),
    el("td", { text: model.tasks.map((task) => SHORT[task]).join(", ") }),
    el("td", { text: covered(model, state) }),
  );
}

function covered(model: Offered, { dataset }: State): string {
  if (model.error) return legibleMessage(model.error);
  if (model.seen?.refusal) return legibleMessage(model.seen.refusal);
  if (model.seen) {
    const { coverage, inputsFound, inputsNeeded } = model.seen;
    return `${percent(coverage)} (${count(inputsFound)} of ${count(inputsNeeded)} genes that it reads)`;
  }
  if (dataset && isOfOtherSpecies(model, dataset)) return "another species";
  return dataset ? "…" : "";
}
