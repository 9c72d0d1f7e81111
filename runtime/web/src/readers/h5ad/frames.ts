/** The data frames of an AnnData file, obs and var: names and columns of genes and cells. */

import { withoutMissing } from "../../genes/missing.js";
import { quoted } from "../../text/quoting.js";
import { MOST_TEXTS } from "../bounds.js";
import { type Element, Group } from "../hdf5/elements.js";
import type { GeneColumn, GeneTable } from "../types.js";
import { isTextColumn, lengthOf, storedColumn, UnknownFormError } from "./columns.js";
import { columnNames, indexName } from "./encoding.js";

/** A data frame, of which little was read. */
export interface Frame {
  /** Number of rows. */
  readonly length: number;
  names(): readonly string[];
  /** Columns that are text or categories. */
  readonly textColumns: readonly string[];
  column(label: string): readonly string[];
}

/**
 * The genes of a stored data frame.
 *
 * @param leftOut - takes the names of columns that are not read, since those before them have too many values
 * @throws Error when it is damaged
 */
export function storedGenes(frame: Group, leftOut: string[] = []): GeneTable {
  const index = namesOf(frame).texts;
  const columns: GeneColumn[] = [];
  for (const label of columnNames(frame)) {
    if ((columns.length + 1) * index.length > MOST_TEXTS) {
      leftOut.push(label);
      continue;
    }
    try {
      const { texts, isText } = storedColumn(frame.get(label), frame, "genes");
      if (texts.length !== index.length)
        throw new Error(`${frame.path}/${label} has ${texts.length} values for ${index.length} genes`);
      columns.push({ label, isText, texts: withoutMissing(texts) });
    } catch (error) {
      if (!(error instanceof UnknownFormError)) throw error; // what is not known is left out
    }
  }
  return { index, columns };
}

/** What is known of the cells. */
export function storedCells(frame: Group): Frame {
  const names = frame.get(indexName(frame));
  const listed = columnNames(frame);
  const held = frame.names();
  return {
    length: lengthOf(names),
    names: () => storedColumn(names, frame).texts,
    textColumns: listed.filter((label) => held.includes(label) && isReadable(frame, label)),
    column: (label) => storedColumn(frame.get(label), frame).texts,
  };
}

/** A map of which values are made when they are asked for; of those, the last are kept. */
export class LazyColumns implements ReadonlyMap<string, readonly string[]> {
  readonly #labels: ReadonlySet<string>;
  readonly #read: (label: string) => readonly string[];
  readonly #held = new Map<string, readonly string[]>();

  constructor(labels: readonly string[], read: (label: string) => readonly string[]) {
    this.#labels = new Set(labels);
    this.#read = read;
  }

  get size(): number {
    return this.#labels.size;
  }

  has(label: string): boolean {
    return this.#labels.has(label);
  }

  get(label: string): readonly string[] | undefined {
    if (!this.has(label)) return undefined;
    const held = this.#held.get(label) ?? this.#read(label);
    this.#held.delete(label); // the one that was asked for last comes last
    this.#held.set(label, held);
    let values = 0;
    for (const texts of this.#held.values()) values += texts.length;
    for (const [other, texts] of this.#held) {
      if (values <= MOST_TEXTS || other === label) break;
      this.#held.delete(other);
      values -= texts.length;
    }
    return held;
  }

  keys(): MapIterator<string> {
    return this.#labels.values() as MapIterator<string>;
  }

  *values(): MapIterator<readonly string[]> {
    for (const label of this.#labels) yield this.get(label) ?? [];
  }

  *entries(): MapIterator<[string, readonly string[]]> {
    for (const label of this.#labels) yield [label, this.get(label) ?? []];
  }

  [Symbol.iterator](): MapIterator<[string, readonly string[]]> {
    return this.entries();
  }

  forEach(
    call: (texts: readonly string[], label: string, map: ReadonlyMap<string, readonly string[]>) => void,
  ): void {
    for (const [label, texts] of this) call(texts, label, this);
  }
}

function namesOf(frame: Group): { texts: readonly string[] } {
  const key = indexName(frame);
  if (!frame.has(key))
    throw new Error(`the names of ${frame.path.slice(1)} are not there: it has no ${quoted(key)}`);
  return storedColumn(frame.get(key), frame);
}

function isReadable(frame: Group, label: string): boolean {
  const element: Element = frame.get(label);
  return isTextColumn(element) && !(element instanceof Group && element.has("values") && !element.has("mask"));
}
