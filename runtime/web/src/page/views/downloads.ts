/** What a person can take with them. */

import type { Actions } from "../actions.js";
import { button, card, el, show } from "../dom.js";
import type { Store } from "../state.js";
import { legible } from "../texts.js";

const MOST_GENES = 200;

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
  const view = card("downloads", "Take it with you", list);
  store.watch(["named", "placed", "imputed", "running"], ({ named, placed, imputed, running }) => {
    show(view, (named ?? placed ?? imputed) !== null);
    show(cells, (named ?? placed) !== null);
    show(counts, imputed !== null);
    show(genes, imputed !== null);
    for (const press of list.querySelectorAll("button")) press.disabled = running !== null;
  });
  return view;
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
      placeholder: "CD3D, MS4A1, NKG7",
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
    },
  });
  const form = el(
    "form",
    {},
    el(
      "div",
      {},
      el("label", { set: { for: "genes-to-save" } }, el("b", { text: "Chosen genes" })),
      el("span", { class: "quiet", text: "observed and imputed, a table (.csv)" }),
      names,
    ),
    el("button", { text: "CSV of genes", set: { type: "submit" } }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { columns, unknown } = columnsOf(names.value, store.now.dataset?.geneNames ?? []);
    if (unknown.length > 0)
      store.set({ problem: `Your dataset has no gene called ${unknown.map((name) => legible(name)).join(", ")}.` });
    else if (columns.length === 0) store.set({ problem: "Name some genes first, with commas or blanks between." });
    else if (columns.length > MOST_GENES)
      store.set({ problem: `That is more than ${MOST_GENES} genes: take the imputed counts of all genes.` });
    else void actions.saveGenes(columns);
  });
  return el("li", {}, form);
}

/** The columns of genes by their names, in any case; the names that no gene has. */
export function columnsOf(typed: string, names: readonly string[]): { columns: number[]; unknown: string[] } {
  const place = new Map<string, number>();
  names.forEach((name, column) => {
    const upper = name.toUpperCase();
    if (!place.has(upper)) place.set(upper, column);
  });
  const columns = new Set<number>();
  const unknown: string[] = [];
  for (const name of typed.split(/[\s,;]+/).filter(Boolean)) {
    const found = place.get(name.toUpperCase());
    if (found === undefined) unknown.push(name);
    else columns.add(found);
  }
  return { columns: [...columns], unknown };
}
