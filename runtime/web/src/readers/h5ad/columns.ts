/** Columns of a stored data frame, as text. */

import { shown } from "../../text/quoting.js";
import { attribute, type Element, Group } from "../hdf5/elements.js";
import type { StoredArray } from "../hdf5/stored-array.js";
import { encodingType, isReference } from "./encoding.js";

/** A column, or the names of the rows. */
export interface StoredColumn {
  readonly texts: readonly string[];
  /** Whether the values are text, or categories of any kind. */
  readonly isText: boolean;
}

const MOST_VALUES = 50_000_000;
/** Whom a column is of: a value that is not there is shown as Python does for cells, and is empty for genes. */
export type Of = "cells" | "genes";
/** Parts of an element that has as many values as a column. */
const PARTS = ["codes", "values"] as const;

/** Encodings of values with a mask of those that are absent. */
const MASKED: readonly string[] = ["nullable-string-array", "nullable-integer", "nullable-boolean"];

/** The encoding of a column is one that is not known. */
export class UnknownFormError extends Error {}

/** Number of values of a stored column, which is not read. */
export function lengthOf(element: Element): number {
  const array =
    element instanceof Group ? element.array(PARTS.find((name) => element.has(name)) ?? "values") : element;
  if (array.shape.length !== 1) throw new Error(`${array.path} has ${array.shape.length} axes, not one`);
  if (array.length > MOST_VALUES) throw new Error(`${array.path} has ${array.length} values, more than any data`);
  return array.length;
}

/** Whether a column holds text or categories; told without reading it. */
export function isTextColumn(element: Element): boolean {
  if (!(element instanceof Group)) return element.kind === "text" || attribute(element, "categories") !== null;
  const form = encodingType(element);
  if (form === "nullable-string-array") return true;
  if (form !== "categorical" && !(form === "" && element.has("codes"))) return false;
  return element.has("categories") && areCategories(element.get("categories"));
}

/**
 * Read a column.
 *
 * @param frame - that it is of; anndata 0.7 has the categories of all columns in a group of it
 * @param of - whom it is of
 * @throws UnknownFormError where its encoding is not known
 * @throws Error where it is damaged
 */
export function storedColumn(element: Element, frame: Group | null = null, of: Of = "cells"): StoredColumn {
  lengthOf(element);
  if (!(element instanceof Group)) {
    const categories = categoriesBeside(element, frame);
    return categories ? { texts: ofCategories(element, categories, of), isText: true } : plainColumn(element, of);
  }
  const form = encodingType(element);
  if (form === "categorical" || (form === "" && element.has("codes")))
    return { texts: ofCategories(element.array("codes"), element.get("categories"), of), isText: true };
  if (MASKED.includes(form)) return masked(element, form, of);
  throw new UnknownFormError(`${element.path} is stored as ${form || "something unknown"}`);
}

/** A number as text; what is none is an absent value. */
export function realText(value: number, of: Of): string {
  return Number.isNaN(value) && of === "genes" ? "" : shown(value);
}

function plainColumn(array: StoredArray, of: Of): StoredColumn {
  if (array.kind === "text") return { texts: array.texts(), isText: true };
  if (array.kind === "bool")
    return { texts: Array.from(array.numbers(), (v) => (v ? "True" : "False")), isText: false };
  if (array.kind === "integer") return { texts: Array.from(array.numbers(), String), isText: false };
  if (array.kind === "float") return { texts: Array.from(array.numbers(), (v) => realText(v, of)), isText: false };
  throw new UnknownFormError(`${array.path} holds ${array.dtype} values`);
}

/** Where the categories of codes are that anndata 0.7 wrote: in `__categories` of the frame, and referred to. */
function categoriesBeside(codes: StoredArray, frame: Group | null): Element | null {
  const value = attribute(codes, "categories");
  if (value === null || frame === null) return null;
  const name = codes.path.slice(codes.path.lastIndexOf("/") + 1);
  const beside = frame.has("__categories") ? frame.group("__categories") : null;
  if (beside?.has(name)) return beside.get(name);
  const found = isReference(value) ? frame.referred(value.reference) : null;
  if (found === null) throw new Error(`${codes.path} has no categories`);
  return found;
}

/** Whether an element can name categories: no categories in turn, which could lead back to what it is of. */
function areCategories(element: Element): boolean {
  return !(element instanceof Group) || MASKED.includes(encodingType(element));
}

function ofCategories(codes: StoredArray, categories: Element, of: Of): string[] {
  if (codes.kind !== "integer")
    throw new UnknownFormError(`${codes.path} holds ${codes.dtype} values where codes were expected`);
  if (!areCategories(categories))
    throw new UnknownFormError(`the categories of ${codes.path} are neither values nor values with a mask`);
  const { texts } = storedColumn(categories, null, of);
  const absent = of === "genes" ? "" : "nan";
  const found = codes.numbers();
  const named = new Array<string>(found.length);
  for (let i = 0; i < found.length; i++) {
    const code = found[i];
    if (code < -1 || code >= texts.length)
      throw new Error(`${codes.path} has a code beyond its ${texts.length} categories`);
    named[i] = code === -1 ? absent : texts[code];
  }
  return named;
}

/** Values, and a mask of those that are absent. */
function masked(element: Group, form: string, of: Of): StoredColumn {
  const [values, mask] = [element.array("values"), element.array("mask")];
  if (values.length !== mask.length)
    throw new Error(`${element.path} has ${values.length} values and ${mask.length} in its mask`);
  const { texts } = plainColumn(values, of);
  const absent = mask.numbers();
  const isText = form === "nullable-string-array";
  const mark = of === "genes" ? "" : isText ? "nan" : "<NA>";
  return { texts: texts.map((text, i) => (absent[i] ? mark : text)), isText };
}
