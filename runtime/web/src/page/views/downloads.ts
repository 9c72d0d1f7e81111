/** What a person can take with them. */

import { stemOfTypes, TYPES, takenInObs } from "../../writers/stems.js";
import type { Actions } from "../actions.js";
import { button, card, el, show } from "../dom.js";
import type { State, Store } from "../state.js";
import { exampleGenes, legible, ofOldFile, some } from "../texts.js";

const MOST_GENES = 200;
const MOST_NAMED = 12;

/** The card with the downloads. */
export function downloadsView(store: Store, actions: Actions): HTMLElement {
  const cells = item("Types and coordinates", "a table (.csv), one row a cell", "CSV of the cells", () =>
    actions.save("saveCells"),
  );
  const everything = item(
    "Everything",
    "your data and all results in one AnnData file (.h5ad), for Python or R",
    "AnnData file",
    () => actions.save("saveEverything"),
  );
  const counts = item(
    "Imputed counts",
    "of all genes, as a 10x folder (matrix.mtx.gz and names) in a zip file",
    "10x folder",
    () => actions.save("saveCounts"),
  );
  const genes = genesItem(store, actions);
  const list = el("ul", { class: "downloads" }, cells, everything, counts, genes);
  const called = el("p", { class: "quiet" });
  const old = el("p", { class: "quiet" });
  const view = card("downloads", "Take it with you", list, called, old);
  store.watch(["named", "dataset"], (state) => {
    called.textContent = otherName(state);
    show(called, called.textContent !== "");
    old.textContent = state.dataset?.isOld ? ofOldFile(state.dataset.name) : "";
    show(old, old.textContent !== "");
  });
  store.watch(["named", "placed", "imputed", "running"], ({ named, placed, imputed, running }) => {
    show(view, (named ?? placed ?? imputed) !== null);
    show(cells, (named ?? placed) !== null);
    show(counts, imputed !== null);
    show(genes, imputed !== null);
    for (const press of list.querySelectorAll("button")) press.disabled = running !== null;
  });
  return view;
}

/** What the types are called in the files, where the dataset has the usual names already. */
function otherName({ named, dataset }: State): string {
  const stem = stemOfTypes(takenInObs(dataset?.obs ?? []));
  if (!named || stem === TYPES) return "";
  return `Your data have results called ${TYPES} already: in these files the new types are called ${stem}.`;
}

function item(name: string, what: string, press: string, save: () => void): HTMLElement {
  return el(
    "li",
    {},
    el("div", {}, el("b", { text: name }), el("span", { class: "quiet", text: what })),
    button(press, save),
  );
}

function genesItem(store: Store, actions: Actions): HTMLElement {
  const names = el("input", {
    id: "genes-to-save",
    set: {
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    },
  });
  const left = el("span", { class: "quiet", set: { role: "status" } });
  const form = el(
    "form",
    {},
    el(
      "div",
      {},
      el("label", { set: { for: "genes-to-save" } }, el("b", { text: "Chosen genes" })),
      el("span", { class: "quiet", text: "observed and imputed, a table (.csv)" }),
      names,
      left,
    ),
    el("button", { text: "CSV of genes", set: { type: "submit" } }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { columns, unknown } = columnsOf(names.value, store.now.dataset?.geneNames ?? []);
    left.textContent = "";
    if (columns.length === 0 && unknown.length > 0)
      store.set({ problem: `Your dataset has no gene called ${namesOf(unknown)}.` });
    else if (columns.length === 0) store.set({ problem: "Name some genes first, with commas or blanks between." });
    else if (columns.length > MOST_GENES)
      store.set({ problem: `That is more than ${MOST_GENES} genes: take the imputed counts of all genes.` });
    else {
      if (unknown.length > 0) left.textContent = `Without ${namesOf(unknown)}: your dataset has no such gene.`;
      void actions.saveGenes(columns);
    }
  });
  store.watch(["dataset"], ({ dataset }) => {
    left.textContent = "";
    if (dataset) names.placeholder = exampleGenes(dataset.geneNames);
  });
  return el("li", {}, form);
}

function namesOf(unknown: readonly string[]): string {
  const shown = unknown.slice(0, MOST_NAMED).map((name) => legible(name));
  const more = unknown.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${some(more, "other")}` : "");
}

/** The columns of genes by their names, in any case, with blanks in them, too; the names that no gene has. */
export function columnsOf(typed: string, names: readonly string[]): { columns: number[]; unknown: string[] } {
  const place = new Map<string, number>();
  names.forEach((name, column) => {
    const upper = name.toUpperCase();
    if (!place.has(upper)) place.set(upper, column);
  });
  const columns = new Set<number>();
  const unknown: string[] = [];
  const isKnown = (name: string) => place.has(name.toUpperCase());
  const pieces = typed.split(/[\n,;]+/).map((piece) => piece.trim());
  for (const name of pieces.flatMap((piece) => (isKnown(piece) ? [piece] : piece.split(/\s+/))).filter(Boolean)) {
    const found = place.get(name.toUpperCase());
    if (found === undefined) unknown.push(name);
    else columns.add(found);
  }
  return { columns: [...columns], unknown };
}
