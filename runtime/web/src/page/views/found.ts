/** What was found in a file: how many cells and genes, where the counts are, which species. */

import type { Actions } from "../actions.js";
import { el, fill, show } from "../dom.js";
import type { DatasetSeen } from "../messages.js";
import type { Store } from "../state.js";
import { count, legible, species } from "../texts.js";

const FORMATS = { h5ad: "AnnData", "10x-h5": "10x HDF5", "10x-mtx": "10x matrix", table: "table" } as const;

/** What stands below the place for files once there are some. */
export function foundView(store: Store, actions: Actions): HTMLElement {
  const view = el("div", { class: "found" });
  const matrix = el("select", { id: "matrix" });
  matrix.addEventListener("change", () => {
    void actions.takeLayer(matrix.value || null).then(() => {
      // Where it was refused the other one is still in use.
      matrix.value = store.now.layer ?? "";
    });
  });
  store.watch(["dataset"], ({ dataset, layer }) => {
    show(view, dataset !== null);
    if (dataset) fill(view, ...parts(dataset, layer, matrix));
  });
  store.watch(["running"], ({ running }) => {
    matrix.disabled = running !== null;
  });
  return view;
}

function parts(dataset: DatasetSeen, layer: string | null, matrix: HTMLSelectElement): HTMLElement[] {
  const found: HTMLElement[] = [
    el("p", { class: "what" }, el("b", { text: legible(dataset.name, 80) }), ` · ${FORMATS[dataset.format]}`),
    el(
      "dl",
      { class: "figures" },
      figure("cells", count(dataset.cells)),
      figure("genes", count(dataset.genes)),
      figure("species, by the genes' names", species(dataset.species)),
    ),
    dataset.refusal
      ? el("p", { class: "refusal", set: { role: "alert" } }, el("b", { text: "No counts: " }), dataset.refusal)
      : el("p", {}, el("b", { text: "Counts: " }), dataset.saw),
  ];
  if (dataset.notes.length > 0)
    found.push(el("ul", { class: "notes" }, ...dataset.notes.map((note) => el("li", { text: note }))));
  if (dataset.matrices.length > 1) found.push(otherMatrix(dataset, layer, matrix));
  return found;
}

/** One number and what it is. */
export function figure(what: string, value: string): HTMLElement {
  return el("div", {}, el("dt", { text: what }), el("dd", { text: value }));
}

function otherMatrix(dataset: DatasetSeen, layer: string | null, choice: HTMLSelectElement): HTMLElement {
  fill(
    choice,
    el("option", { text: "as found", set: { value: "" } }),
    ...dataset.matrices.map((name) => el("option", { text: legible(name), set: { value: name } })),
  );
  choice.value = layer ?? "";
  return el("p", {}, el("label", { text: "Take the counts from ", set: { for: "matrix" } }), choice);
}
