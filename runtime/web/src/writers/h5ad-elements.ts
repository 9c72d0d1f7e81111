/**
 * Small elements of an AnnData file in HDF5, encoded as anndata does.
 *
 * https://anndata.readthedocs.io/en/stable/fileformat-prose.html describes the encodings.
 */

import { type Dataset, Group } from "h5wasm";
import { keyText, plainText } from "./h5ad-keys.js";
import type { Plain } from "./results.js";

/** Numbers that an array of HDF5 is made of. */
export type Numbers = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array;

/** Say how an element is encoded. */
export function mark(element: Group | Dataset, kind: string, version: string): void {
  setText(element, "encoding-type", kind);
  setText(element, "encoding-version", version);
}

/** Set an attribute that is a text; one of that name is replaced. */
export function setText(element: Group | Dataset, name: string, text: string): void {
  if (name in element.attrs) element.delete_attribute(name);
  element.create_attribute(name, text, [], "S");
}

/** Make a group of a mapping. */
export function addGroup(parent: Group, name: string, kind = "dict"): Group {
  const group = parent.create_group(name);
  mark(group, kind, "0.1.0");
  return group;
}

/** The group of that name, made where there is none; null where something else is there. */
export function groupOf(parent: Group, name: string): Group | null {
  if (!parent.keys().includes(name)) return addGroup(parent, name);
  const found = parent.get(name);
  return found instanceof Group ? found : null;
}

/** Write an array of texts. */
export function addTexts(parent: Group, name: string, texts: readonly string[]): void {
  const data = texts.map(plainText);
  mark(parent.create_dataset({ name, data, shape: [texts.length], dtype: "S" }), "string-array", "0.2.0");
}

/** Write an array of numbers, row by row. */
export function addNumbers(parent: Group, name: string, data: Numbers, shape: number[] = [data.length]): void {
  mark(parent.create_dataset({ name, data, shape }), "array", "0.2.0");
}

/** Write texts that repeat, as categories. */
export function addCategories(parent: Group, name: string, texts: readonly string[]): void {
  const categories = [...new Set(texts)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const place = new Map(categories.map((category, code) => [category, code]));
  const found = texts.map((text) => place.get(text) ?? -1);
  const codes =
    categories.length < 128
      ? Int8Array.from(found)
      : categories.length < 32768
        ? Int16Array.from(found)
        : Int32Array.from(found);
  const group = parent.create_group(name);
  mark(group, "categorical", "0.2.0");
  // HDF5's truth values are beyond what this library writes; anndata takes 0 for false.
  group.create_attribute("ordered", Int8Array.of(0), []);
  addNumbers(group, "codes", codes);
  addTexts(group, "categories", categories);
}

/** Write a record: texts, numbers, lists of texts, and mappings of these. */
export function addPlain(parent: Group, name: string, value: Plain): void {
  if (typeof value === "string")
    mark(parent.create_dataset({ name, data: plainText(value), shape: [], dtype: "S" }), "string", "0.2.0");
  else if (typeof value === "number" || typeof value === "boolean") {
    const data = typeof value === "number" && !Number.isInteger(value) ? new Float64Array([value]) : whole(value);
    mark(parent.create_dataset({ name, data, shape: [] }), "numeric-scalar", "0.2.0");
  } else if (isList(value)) addTexts(parent, name, value);
  else {
    const group = addGroup(parent, name);
    for (const [key, part] of Object.entries(value)) addPlain(group, keyText(key), part);
  }
}

function isList(value: Plain): value is readonly string[] {
  return Array.isArray(value);
}

function whole(value: number | boolean): BigInt64Array {
  return BigInt64Array.of(BigInt(Number(value)));
}
