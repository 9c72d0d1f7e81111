/** Where files are dropped or chosen. */

import type { Actions } from "../actions.js";
import { button, card, el } from "../dom.js";
import { filesOf } from "../dropped.js";
import type { Store } from "../state.js";

/** The card in which a person gives the page their cells. */
export function dropView(store: Store, actions: Actions): HTMLElement {
  const files = picker("Files of your dataset", actions, false);
  const folder = picker("Folder of your dataset", actions, true);
  const buttons = el(
    "p",
    { class: "buttons" },
    button("Choose a file", () => files.click(), "main"),
    button("Choose a folder", () => folder.click()),
  );
  const lead = el("p", { class: "lead" });
  const zone = el(
    "div",
    { class: "drop" },
    lead,
    buttons,
    el("p", {
      class: "quiet",
      text:
        "AnnData (.h5ad), 10x Genomics (.h5, or the folder of matrix.mtx, features.tsv and barcodes.tsv, or these " +
        "files together), or a table (.csv, .tsv); each of these may be gzipped. Raw counts, wherever they are in the file.",
    }),
    files,
    folder,
  );
  acceptDrops(zone, actions);
  const view = card("cells", "Your cells", zone);
  store.watch(["dataset", "running"], ({ dataset, running }) => {
    zone.classList.toggle("slim", dataset !== null);
    for (const press of buttons.querySelectorAll("button")) press.disabled = running !== null;
    lead.textContent = dataset ? "Other cells: drop a file here, or" : "Drop a file of counts here, or";
  });
  return view;
}

function picker(label: string, actions: Actions, folder: boolean): HTMLInputElement {
  const input = el("input", {
    set: { type: "file", multiple: true, hidden: true, "aria-label": label, webkitdirectory: folder },
  });
  input.addEventListener("change", () => {
    const chosen = [...(input.files ?? [])];
    input.value = "";
    void actions.take(chosen);
  });
  return input;
}

/** Take drops anywhere on the page: a file that misses the zone must not replace the page. */
function acceptDrops(zone: HTMLElement, actions: Actions): void {
  let depth = 0;
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("over", depth > 0);
  };
  window.addEventListener("dragenter", () => over(1));
  window.addEventListener("dragleave", () => over(-1));
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over(-depth);
    if (event.dataTransfer) void filesOf(event.dataTransfer).then((files) => actions.take(files));
  });
}
