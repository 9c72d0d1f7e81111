/** What an element of an AnnData file says of itself: Python writes it as text, Julia and R as bytes or vectors of one text. */

import { quoted } from "../../text/quoting.js";
import { type AttributeValue, attribute, type Element, type Group } from "../hdf5/elements.js";

/**
 * An attribute that holds one text; empty where there is none.
 *
 * @throws Error when it holds several
 */
export function textOf(element: Element, name: string): string {
  const value = attribute(element, name);
  if (value === null || isReference(value)) return "";
  if (value.length > 1) throw new Error(`(${value.length},) values where one text was expected`);
  return String(value[0] ?? "");
}

/** How an element is encoded, empty where it does not say. */
export function encodingType(element: Element): string {
  return textOf(element, "encoding-type");
}

/**
 * Which element of a stored data frame holds the names of its rows.
 *
 * @throws Error when it does not say
 */
export function indexName(frame: Group): string {
  if (attribute(frame, "_index") === null) throw new Error(`'${frame.path} does not say what holds its names'`);
  return textOf(frame, "_index");
}

/**
 * Names of the columns of a stored data frame, in order.
 *
 * @throws Error when one occurs twice: a file of a few bytes could ask for the same values without end
 */
export function columnNames(frame: Group): string[] {
  const stored = attribute(frame, "column-order");
  const names = stored === null || isReference(stored) ? [] : stored.map(String);
  const met = new Set<string>();
  for (const name of names) {
    if (met.has(name)) throw new Error(`column-order of ${frame.path} names ${quoted(name)} more than once`);
    met.add(name);
  }
  return names;
}

/** The lengths that an attribute of a sparse matrix says. */
export function shapeOf(matrix: Group, name: string): [number, number] {
  const value = attribute(matrix, name);
  const lengths = value === null || isReference(value) ? [] : value.map(Number);
  if (lengths.length !== 2) throw new Error(`${matrix.path} says ${lengths.length} lengths where a matrix has two`);
  return [lengths[0], lengths[1]];
}

/** Whether an attribute refers to another element. */
export function isReference(value: AttributeValue): value is { readonly reference: Uint8Array } {
  return "reference" in value;
}
