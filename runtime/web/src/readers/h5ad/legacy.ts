/** AnnData of versions before 0.7, and SeuratDisk's and others' of that time. */

import { withoutMissing } from "../../genes/missing.js";
import { MOST_TEXTS } from "../bounds.js";
import { dtypeOf, kindOf, numbers } from "../hdf5/decode.js";
import { attribute, type Element, Group } from "../hdf5/elements.js";
import type { Metadata } from "../hdf5/module.js";
import type { StoredArray } from "../hdf5/stored-array.js";
import type { GeneColumn, GeneTable } from "../types.js";
import { type Of, realText, storedColumn } from "./columns.js";
import { encodingType } from "./encoding.js";
import { type Frame, storedCells, storedGenes } from "./frames.js";

const CATEGORIES = "_categories";
const AT_A_TIME = 1 << 16;

/** Whether a file is of a time before elements said how they are encoded. */
export function isOld(root: Group): boolean {
  const frames = ["obs", "var"].filter((part) => root.has(part)).map((part) => root.get(part));
  if (frames.some((frame) => !(frame instanceof Group) || attribute(frame, "_index") === null)) return true;
  if (!root.has("X")) return false;
  const x = root.get("X");
  return x instanceof Group && encodingType(x) === "";
}

/** The genes of a data frame of any time; `leftOut` takes the names of columns beyond what is read. */
export function oldGenes(root: Group, element: Element, leftOut: string[] = []): GeneTable {
  if (element instanceof Group) return storedGenes(element, leftOut);
  const { names, columns } = records(root, element, "genes", leftOut);
  return { index: names, columns: columns.map((column) => ({ ...column, texts: withoutMissing(column.texts) })) };
}

/** What is known of the cells, of any time. */
export function oldCells(root: Group, element: Element): Frame {
  if (element instanceof Group) return storedCells(element);
  const { names, columns } = records(root, element, "cells");
  const text = columns.filter(({ isText }) => isText);
  return {
    length: names.length,
    names: () => names,
    textColumns: text.map(({ label }) => label),
    column: (label) => text.find((column) => column.label === label)?.texts ?? [],
  };
}

/** A data frame that is one array of records, of which the first field is the names. */
function records(
  root: Group,
  array: StoredArray,
  of: Of,
  leftOut: string[] = [],
): { names: readonly string[]; columns: GeneColumn[] } {
  const members = array.about.compound_type?.members;
  if (array.kind !== "records" || !members || array.shape.length !== 1)
    throw new Error(
      `${array.path} holds bare numbers or text, not a table; anndata writes a column without a name so, over all others`,
    );
  const read = 1 + Math.floor(MOST_TEXTS / Math.max(array.length, 1));
  leftOut.push(...members.slice(read).map((member) => member.name));
  const fields = members.slice(0, read).map((member) => ({
    label: member.name,
    isText: kindOf(member) === "text",
    texts: [] as string[],
    member,
  }));
  for (let from = 0; from < array.length; from += AT_A_TIME) {
    const to = Math.min(from + AT_A_TIME, array.length);
    array.records(from, to, (bytes, text) => {
      for (const { texts, member } of fields) {
        const part = field(bytes, member, member.offset, array.about.size);
        for (const value of kindOf(member) === "text" ? text(part, member) : numbersAsText(part, member, of))
          texts.push(value);
      }
    });
  }
  const [first, ...rest] = fields;
  if (!first) throw new Error(`${array.path} has no names`);
  const beside = categoriesBeside(root, of);
  return { names: first.texts, columns: rest.map((column) => categorised(column, beside, of)) };
}

/** One field of every record. */
function field(bytes: Uint8Array, member: Metadata, offset: number, step: number): Uint8Array {
  const count = bytes.length / step;
  const found = new Uint8Array(count * member.size);
  for (let i = 0; i < count; i++)
    found.set(bytes.subarray(i * step + offset, i * step + offset + member.size), i * member.size);
  return found;
}

function numbersAsText(bytes: Uint8Array, member: Metadata, of: Of): string[] {
  const kind = kindOf(member);
  if (!["integer", "float", "bool"].includes(kind))
    return new Array<string>(bytes.length / member.size).fill(dtypeOf(member));
  return Array.from(
    numbers(bytes, member),
    kind === "bool" ? (v) => (v ? "True" : "False") : kind === "float" ? (v) => realText(v, of) : String,
  );
}

/** The categories that lie in uns, by the column that has their codes. */
function categoriesBeside(root: Group, of: Of): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const uns = root.has("uns") ? root.get("uns") : null;
  if (!(uns instanceof Group)) return found;
  for (const key of uns.names()) {
    if (!key.endsWith(CATEGORIES)) continue;
    const element = uns.get(key);
    if (!(element instanceof Group) && element.shape.length === 1)
      found.set(key.slice(0, -CATEGORIES.length), storedColumn(element, null, of).texts);
  }
  return found;
}

function categorised(
  { label, isText, texts }: GeneColumn,
  beside: ReadonlyMap<string, readonly string[]>,
  of: Of,
): GeneColumn {
  const names = isText ? undefined : beside.get(label);
  return names
    ? { label, isText: true, texts: texts.map((code) => names[Number(code)] ?? (of === "genes" ? "" : "nan")) }
    : { label, isText, texts };
}
