/** What is to be done, and by which model. */

import type { Task } from "../../bundle/types.js";
import { type Actions, isLeftOut } from "../actions.js";
import { button, card, el, fill, show } from "../dom.js";
import { canDo, DOES } from "../offered.js";
import type { Offered, State, Store } from "../state.js";
import { legible, percent } from "../texts.js";
import { modelsTable } from "./models.js";
import { otherModel } from "./other-model.js";

const TASKS: readonly Task[] = ["annotate", "embed", "impute"];

const FITS = "A model fits only the tissue that it was made of: choose No where yours is another.";

/** The card in which a person chooses what to do. */
export function planView(store: Store, actions: Actions, onDone: () => void): HTMLElement {
  const rows = el("div", { class: "plan" });
  const choices = new Map(TASKS.map((task) => [task, choice(task, actions)]));
  for (const [task, select] of choices)
    rows.append(el("div", {}, el("label", { text: DOES[task], set: { for: select.id } }), select));
  const start = button("Run", () => void actions.run().then((isDone) => isDone && onDone()), "main");
  const hint = el("p", { class: "quiet" });
  const others = el(
    "p",
    { class: "buttons" },
    button("Look at the other models", () => void actions.lookAtOthers()),
  );
  const view = card(
    "models",
    "What to do",
    hint,
    rows,
    el("p", { class: "quiet", text: FITS }),
    el("p", { class: "buttons" }, start),
    others,
    modelsTable(store),
    otherModel(store, actions),
  );
  store.watch(["dataset", "offered", "chosen", "running", "looking"], (state) => {
    show(view, state.dataset !== null && state.dataset.refusal === "");
    hint.textContent = said(state);
    for (const [task, select] of choices) renew(select, task, state);
    show(others, state.running === null && state.looking === null && state.offered.some(isLeftOut));
    start.disabled =
      state.running !== null || state.looking !== null || TASKS.every((task) => state.chosen[task] === null);
  });
  return view;
}

function said({ offered, dataset, looking }: State): string {
  if (!dataset) return "";
  const able = offered.filter((model) => TASKS.some((task) => canDo(model, task)));
  if (offered.length === 0)
    return "There are no models beside this page. Drop the folder of a model here, or name one of the Hugging Face Hub.";
  if (looking) return "Looking at which models know your genes …";
  if (able.length === 0) return "None of these models can be used with your cells; the table says why.";
  const tissues = new Set(able.map((model) => model.tissue));
  return tissues.size > 1
    ? "The percentage says how much of what a model reads your genes cover, not whether its tissue is yours: choose the " +
        "tissue that your cells are from. After the run a verdict says whether the model fits."
    : "The percentage says how much of what a model reads your genes cover. After the run a verdict says whether it fits.";
}

function choice(task: Task, actions: Actions): HTMLSelectElement {
  const select = el("select", { id: `do-${task}` });
  select.addEventListener("change", () => actions.choose(task, select.value || null));
  return select;
}

function renew(select: HTMLSelectElement, task: Task, { offered, chosen, running }: State): void {
  const able = offered.filter((model) => canDo(model, task));
  fill(
    select,
    ...able.map(option),
    el("option", { text: able.length > 0 ? "No" : "No model for it", set: { value: "" } }),
  );
  select.value = chosen[task] ?? "";
  select.disabled = running !== null || able.length === 0;
}

function option(model: Offered): HTMLOptionElement {
  const made = model.tissue ? ` (${legible(model.tissue, 80)})` : "";
  const covered = model.seen ? `, ${percent(model.seen.coverage)}` : "";
  return el("option", {
    text: `${legible(model.name)}${made}${covered}`,
    set: { value: model.key },
  });
}
