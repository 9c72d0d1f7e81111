/** A box to search genes in: type some letters, choose with the arrow keys or a click. */

import { el, fill, show } from "../dom.js";
import { legible } from "../texts.js";

const MOST_SHOWN = 12;

/** Options of the box. */
export interface Searching {
  readonly label: string;
  /** What is searched, now. */
  readonly names: () => readonly string[];
  /** A word that stands beside a name, or "". */
  readonly remark: (place: number) => string;
  readonly onChoose: (place: number) => void;
}

/**
 * Make the box.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/combobox/examples/combobox-autocomplete-list/
 */
export function combobox(id: string, { label, names, remark, onChoose }: Searching): HTMLElement {
  const list = el("ul", { id: `${id}-list`, class: "options", set: { role: "listbox", "aria-label": label } });
  const input = el("input", {
    id,
    set: {
      type: "text",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
      "aria-autocomplete": "list",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      placeholder: "CD3D, MS4A1, …",
    },
  });
  let found: readonly number[] = [];
  let active = -1;

  const open = (isOpen: boolean) => {
    show(list, isOpen);
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) mark(-1);
  };
  const mark = (place: number) => {
    active = place;
    [...list.children].forEach((child, at) => {
      child.setAttribute("aria-selected", String(at === place));
    });
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `${id}-${place}`);
      list.children[place].scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (place: number) => {
    if (!(place in found)) return;
    input.value = names()[found[place]];
    open(false);
    onChoose(found[place]);
  };
  const renew = () => {
    found = matches(names(), input.value);
    fill(list, ...found.map((gene, at) => option(id, at, names()[gene], remark(gene))));
    open(found.length > 0);
  };
  input.addEventListener("input", renew);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) renew();
      else if (found.length > 0) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(active < 0 && step < 0 ? found.length - 1 : (active + step + found.length) % found.length);
      }
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (list.hidden) renew();
      choose(Math.max(active, 0));
    } else if (event.key === "Escape") open(false);
  });
  input.addEventListener("blur", () => open(false));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const pressed = (event.target as Element).closest("li");
    if (pressed) choose([...list.children].indexOf(pressed));
  });
  open(false);
  return el(
    "div",
    { class: "combobox" },
    el("label", { text: label, set: { for: id } }),
    el("div", {}, input, list),
  );
}

function option(id: string, place: number, name: string, remark: string): HTMLElement {
  return el(
    "li",
    { id: `${id}-${place}`, set: { role: "option", "aria-selected": "false" } },
    legible(name),
    remark !== "" && el("span", { class: "quiet", text: ` ${remark}` }),
  );
}

/** The places of names that are, begin with, or hold what was typed, in this order. */
export function matches(names: readonly string[], typed: string): readonly number[] {
  const wanted = typed.trim().toUpperCase();
  if (wanted === "") return [];
  const [same, begins, holds]: [number[], number[], number[]] = [[], [], []];
  for (let place = 0; place < names.length; place++) {
    const at = names[place].toUpperCase().indexOf(wanted);
    if (at < 0) continue;
    if (at > 0) {
      if (holds.length < MOST_SHOWN) holds.push(place);
    } else if (names[place].length === wanted.length) same.push(place);
    else if (begins.length < 400) begins.push(place);
  }
  begins.sort((a, b) => names[a].length - names[b].length);
  return [...same, ...begins, ...holds].slice(0, MOST_SHOWN);
}
