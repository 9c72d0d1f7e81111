/** Elements of the page, made without markup: a stranger's names become text, and nothing else. */

/** What an element is made with. */
export interface Props {
  readonly class?: string;
  readonly text?: string;
  readonly id?: string;
  /** Attributes; one that is false or null is left out, one that is true is empty. */
  readonly set?: Readonly<Record<string, string | number | boolean | null>>;
  readonly on?: { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

/** What an element holds; lists of any length, which the arguments of a call must not be. */
export type Child = Node | string | null | false | readonly Child[];

/** Make an element. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class !== undefined) element.className = props.class;
  if (props.id !== undefined) element.id = props.id;
  if (props.text !== undefined) element.textContent = props.text;
  setAttributes(element, props.set ?? {});
  for (const [name, listener] of Object.entries(props.on ?? {}))
    element.addEventListener(name, listener as EventListener);
  append(element, children);
  return element;
}

/** Make an element of SVG. */
export function svg(
  tag: "svg" | "path" | "rect" | "circle" | "line" | "g" | "text" | "title",
  set: NonNullable<Props["set"]> = {},
  ...children: Child[]
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, set);
  append(element, children);
  return element;
}

function setAttributes(element: Element, set: NonNullable<Props["set"]>): void {
  for (const [name, value] of Object.entries(set)) {
    if (value === false || value === null) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === false) continue;
    if (typeof child === "string" || child instanceof Node) parent.append(child);
    else append(parent, child);
  }
}

/** Put these in the place of all that an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Show an element, or hide it. */
export function show(element: HTMLElement, visible: boolean): void {
  element.hidden = !visible;
}

/** A card of the page with a heading. */
export function card(id: string, heading: string, ...children: Child[]): HTMLElement {
  return el("section", { id, set: { "aria-labelledby": `${id}-heading` } }, title(id, heading), ...children);
}

function title(id: string, heading: string): HTMLElement {
  return el("h2", { id: `${id}-heading`, text: heading, set: { tabindex: -1 } });
}

/** A button. */
export function button(text: string, press: () => void, kind = ""): HTMLButtonElement {
  return el("button", { class: kind, text, set: { type: "button" }, on: { click: press } });
}
