/** The numbers of a table, and the columns of text before them. */

import { decodeUtf8 } from "../../bundle/utf8.js";
import { DataError } from "../../errors.js";
import { grouped } from "../../text/figures.js";
import { clip, quoted } from "../../text/quoting.js";
import { refuseManyValues } from "../bounds.js";
import { Entries } from "../sparse.js";
import type { StoredFile } from "../stored-file.js";
import { textBytes } from "../text/guarded.js";
import type { Csr } from "../types.js";
import { FieldReader, type FieldSink } from "./fields.js";
import { KIND, type Layout } from "./layout.js";
import { isNumber, numberOf } from "./number.js";

const VALUES_AT_A_TIME = 8 << 20;
const MOST_ROWS = 5_000_000;
const [ZERO, NINE, POINT, COMMA] = [48, 57, 46, 44];
const MOST_DIGITS = 15; // a whole number of so many is exact, and so is it divided by a power of ten
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, power) => 10 ** power);

/** What a table holds: rows x columns, float32, and the texts of each row. */
export interface Table {
  readonly numbers: Csr;
  readonly texts: readonly (readonly string[])[];
}

/**
 * Read a table, the numbers that are not 0 into memory.
 *
 * @throws DataError where a field is no number, or lines are of different lengths
 */
export async function readTable(file: StoredFile, layout: Layout): Promise<Table> {
  const rows = new Rows(file.name, layout);
  const reader = new FieldReader(layout.separator, layout.skipped, rows);
  try {
    for await (const part of textBytes(file)) reader.push(part);
    reader.finish();
  } catch (error) {
    if (!(error instanceof NoNumberError)) throw error;
    const wrong = await firstText(file, layout);
    if (wrong === null) throw error;
    throw new DataError(
      `${file.name} cannot be read as ${KIND}: ${wrong}. Mend the table, or leave that row or column out.`,
      { cause: error },
    );
  }
  return rows.finished();
}

/** A field is no number, or there are more fields than names: a field that is none is looked for then. */
class NoNumberError extends Error {}

/** Takes fields as they come. */
class Rows implements FieldSink {
  readonly #first: number;
  readonly #width: number;
  readonly #entries: Entries;
  readonly #texts: string[][];
  readonly #rowsAtATime: number;
  readonly #starts: number[] = [0];
  #last = Number.NaN; // the last number of a line
  #hasBeyond = false;
  /** The first row of those at a time that is too short. */
  #short: string | null = null;

  constructor(
    private readonly name: string,
    private readonly layout: Layout,
  ) {
    this.#first = layout.labels.length;
    this.#width = layout.labels.length + layout.columns.length;
    this.#entries = new Entries(() => refuseManyValues(name, "as text"), { single: true });
    this.#texts = layout.labels.map(() => []);
    this.#rowsAtATime = Math.max(64, Math.floor(VALUES_AT_A_TIME / this.#width));
  }

  field(column: number, bytes: Uint8Array, from: number, to: number): void {
    if (column < this.#first) this.#texts[column].push(decodeUtf8(bytes.subarray(from, to)));
    else if (column < this.#width) {
      const value = this.#number(bytes, from, to);
      if (value !== 0) this.#entries.add(column - this.#first, value);
      this.#last = value;
    } else if (this.layout.endsInSeparator && column === this.#width) this.#hasBeyond ||= to > from;
  }

  line(fields: number, number: number): void {
    const row = this.#starts.length;
    const most = this.#width + (this.layout.endsInSeparator ? 1 : 0);
    if (fields > most)
      throw new NoNumberError(
        `Error tokenizing data. C error: Expected ${most} fields in line ${number}, saw ${fields}`,
      );
    if (fields < this.#width || Number.isNaN(this.#last))
      this.#short ??= this.#first ? this.#texts[0][row - 1] : String(((row - 1) % this.#rowsAtATime) + 1);
    this.#last = Number.NaN;
    for (let column = fields; column < this.#first; column++) this.#texts[column].push("");
    this.#starts.push(this.#entries.length);
    if (row % this.#rowsAtATime === 0) this.#check();
  }

  finished(): Table {
    this.#check();
    const rows = this.#starts.length - 1;
    if (rows === 0)
      throw new DataError(
        `${this.name} cannot be read as ${KIND}: it has no line of numbers below the line of names.`,
      );
    const indptr = Float64Array.from(this.#starts);
    const numbers = { cells: rows, genes: this.layout.columns.length, indptr, ...this.#entries.finished() };
    return { numbers, texts: this.#texts };
  }

  #check(): void {
    const { name } = this;
    if (this.#starts.length - 1 > MOST_ROWS)
      throw new DataError(
        `${name} has more than ${grouped(MOST_ROWS)} lines: save it as .h5ad or as a 10x folder.`,
      );
    if (this.#hasBeyond)
      throw new DataError(`${name} cannot be read as ${KIND}: it has lines of more than ${this.#width} fields.`);
    if (this.#short !== null)
      throw new DataError(
        `${name} cannot be read as ${KIND}: the row ${this.#short} has fewer than ${this.#width} fields, or no number in ` +
          "the last. It may be cut short: fetch it again.",
      );
  }

  #number(bytes: Uint8Array, from: number, to: number): number {
    const point = this.layout.decimal === "," ? COMMA : POINT;
    let [number, places, at] = [0, 0, from];
    while (at < to && bytes[at] >= ZERO && bytes[at] <= NINE) number = number * 10 + bytes[at++] - ZERO;
    if (at > from && at < to && bytes[at] === point) {
      at++;
      while (at < to && bytes[at] >= ZERO && bytes[at] <= NINE) {
        number = number * 10 + bytes[at++] - ZERO;
        places++;
      }
    }
    if (at === to && from < to && to - from <= MOST_DIGITS) return Math.fround(number / POWERS[places]);
    const text = decodeUtf8(bytes.subarray(from, to));
    const found = numberOf(text, this.layout.decimal);
    if (found === null) throw new NoNumberError(`could not convert string to float: ${quoted(clip(text, 60))}`);
    return Math.fround(found);
  }
}

/** Say which field among the numbers is none; null where every one is. */
async function firstText(file: StoredFile, layout: Layout): Promise<string | null> {
  const first = layout.labels.length;
  let found: string | null = null;
  let row = "";
  const reader: FieldReader = new FieldReader(layout.separator, layout.skipped, {
    field(column, bytes, from, to) {
      if (column === 0 && first > 0) row = decodeUtf8(bytes.subarray(from, to));
      if (found !== null || column < first || column - first >= layout.columns.length) return;
      const text = decodeUtf8(bytes.subarray(from, to));
      if (isNumber(text, layout.decimal)) return;
      const where = first > 0 ? `row ${clip(row, 60)}` : `line ${reader.lineNumber}`;
      found = `${quoted(clip(text, 60))} in the ${where}, column ${clip(layout.columns[column - first], 60)}, is no number`;
    },
    line: () => undefined,
  });
  for await (const part of textBytes(file)) {
    reader.push(part);
    if (found !== null) return found;
  }
  reader.finish();
  return found;
}
