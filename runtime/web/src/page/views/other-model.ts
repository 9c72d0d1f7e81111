/** A model that is not beside the page: of the Hub by its name, or a folder of this computer. */

import type { Actions } from "../actions.js";
import { button, el } from "../dom.js";
import { sorted } from "../dropped.js";
import type { State, Store } from "../state.js";

const REPOSITORY = "[A-Za-z0-9][A-Za-z0-9._\\-]*/[A-Za-z0-9][A-Za-z0-9._\\-]*(@[A-Za-z0-9._\\-]+)?";

/** Where another model is named or chosen, folded away. */
export function otherModel(store: Store, actions: Actions): HTMLElement {
  const name = el("input", {
    id: "repository",
    set: {
      type: "text",
      required: true,
      pattern: REPOSITORY,
      placeholder: "ORG/NAME",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      title: "ORG/NAME, with @ and a version if you like",
    },
  });
  const get = el("button", { text: "Get it", set: { type: "submit" } });
  const form = el(
    "form",
    { class: "inline" },
    el("label", { text: "Model of the Hugging Face Hub", set: { for: "repository" } }),
    name,
    get,
  );
  let isAsked = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    isAsked = true;
    renew(store.now);
    void actions.offer({ kind: "hub", repository: name.value.trim() }).finally(() => {
      isAsked = false;
      renew(store.now);
    });
  });
  const folder = el("input", {
    set: { type: "file", multiple: true, hidden: true, webkitdirectory: true, "aria-label": "Folder of a model" },
  });
  folder.addEventListener("change", () => {
    const { name: label, files } = sorted([...(folder.files ?? [])]);
    folder.value = "";
    if (files.length > 0) void actions.offer({ kind: "files", name: label, files });
  });
  const choose = button("Choose the folder of a model", () => folder.click());
  // What a run is to do stands when it begins.
  const renew = ({ running }: State) => {
    get.disabled = isAsked || running !== null;
    choose.disabled = running !== null;
    folder.disabled = running !== null;
  };
  store.watch(["running"], renew);
  const view = el(
    "details",
    {},
    el("summary", { text: "Another model" }),
    form,
    el("p", {
      class: "quiet",
      text:
        "Only then huggingface.co is asked for the files of this model. It learns your address on the internet and which " +
        "model you want, and nothing of your cells.",
    }),
    el("p", { class: "buttons" }, choose, folder),
  );
  store.watch(["dataset"], ({ dataset, offered }) => {
    if (dataset && offered.length === 0) view.open = true;
  });
  return view;
}
