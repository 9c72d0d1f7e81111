/** Whether the models fit these cells, in plain words, and why. */

import type { Task } from "../../bundle/types.js";
import type { Judged, Verdict } from "../../tasks/types.js";
import { el, fill, show } from "../dom.js";
import type { Of, Offered, State, Store } from "../state.js";
import { legible, legibleMessage, percent } from "../texts.js";

const KINDS: Readonly<Record<Verdict, string>> = {
  fits: "good",
  "fits with limits": "limits",
  "does not fit": "bad",
  "not tested": "untested",
};
const FOR: Readonly<Record<Task, string>> = {
  annotate: "to name these cells",
  embed: "to place these cells",
  impute: "to impute these cells",
};

/** A verdict a task that was done. */
export function verdictsView(store: Store): HTMLElement {
  const view = el("div", { class: "verdicts" });
  store.watch(["named", "placed", "imputed"], (state) => {
    const cards = verdicts(state);
    show(view, cards.length > 0);
    fill(view, cards);
  });
  return view;
}

function verdicts({ named, placed, imputed }: State): HTMLElement[] {
  const cards: (HTMLElement | null)[] = [
    verdict("annotate", named),
    verdict("embed", placed),
    verdict("impute", imputed),
  ];
  return cards.filter((card) => card !== null);
}

interface Found {
  readonly judged: Judged | null;
  readonly coverage: number;
}

function verdict(task: Task, result: Of<Found> | null): HTMLElement | null {
  if (!result) return null;
  const { judged, coverage } = result.found;
  const word = judged?.verdict ?? "not tested";
  const reasons = judged?.why ?? [];
  return el(
    "section",
    { class: `verdict ${KINDS[word]}`, set: { "aria-labelledby": `verdict-${task}` } },
    el("h3", { id: `verdict-${task}`, text: headline(task, named(result.model), word) }),
    reasons.map((reason) => el("p", { text: legibleMessage(reason) })),
    el("p", { class: "quiet", text: `Your genes cover ${percent(coverage)} of what the model reads.` }),
  );
}

/** The model with the tissue that it was made of: a model of another tissue may fit, and mean something else. */
function named({ name, tissue }: Offered): string {
  return tissue ? `${legible(name)} (${legible(tissue)})` : legible(name);
}

function headline(task: Task, name: string, word: Verdict): string {
  if (word === "fits") return `${name} fits ${FOR[task]}`;
  if (word === "fits with limits") return `${name} fits ${FOR[task]}, with limits`;
  if (word === "does not fit") return `${name} does not fit ${FOR[task]}`;
  return `Whether ${name} fits ${FOR[task]} was not tested`;
}
