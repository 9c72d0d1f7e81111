/** Tables of a bundle: tab-separated text with one header line, from a stranger. */

import { BundleError } from "../errors.js";
import { clip, commas, isPlain, isPrintable, lengthOf, quotedAscii } from "../text/quoting.js";
import { decodeUtf8 } from "./utf8.js";

const MAX_NAME = 100;
const NEWLINE = 0x0a;
const NO_NUMBER = /[^0-9+\-.e]/;
const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const BLANK_AT_END = /^\s|\s$/;

/** A number as Python's `float` reads it, without blanks, underscores and other scripts; NaN of what is none. */
export function toNumber(field: string): number {
  return NUMBER.test(field) ? Number(field) : Number.NaN;
}

/** How many lines a file has, by its bytes. */
export function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let place = bytes.indexOf(NEWLINE); place >= 0; place = bytes.indexOf(NEWLINE, place + 1)) count++;
  return count;
}

/**
 * Decode the text of a file.
 *
 * @throws BundleError when it is not UTF-8
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BundleError(`${file} is not UTF-8 text (${error.message}).`, { cause: error });
  }
}

/** How large a table may be; counted before it is split. */
export interface TableBounds {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly rows: number;
  /** Characters of a line. */
  readonly line: number;
}

/** A header, and rows of as many fields. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Parse a table, of which each row has as many fields as the header.
 *
 * @throws BundleError when it is no such table
 */
export function parseTable(bytes: Uint8Array, { file, rows: mostRows, line: mostLine }: TableBounds): Table {
  const count = countLines(bytes) - 1;
  if (count > mostRows)
    throw new BundleError(`${file} has ${commas(count)} rows, over the bound of ${commas(mostRows)}.`);
  const lines = decodeText(bytes, file).split("\n");
  if (lines.pop() !== "" || !lines.length)
    throw new BundleError(`${file} does not end in a newline: it was cut short.`);
  const longest = lines.reduce((most, line) => Math.max(most, lengthOf(line)), 0);
  if (longest > mostLine)
    throw new BundleError(
      `${file} has a line of ${commas(longest)} characters, over the bound of ${commas(mostLine)}.`,
    );
  const [header, ...rows] = lines.map((line) => line.split("\t"));
  rows.forEach((row, place) => {
    if (row.length !== header.length)
      throw new BundleError(`${file}, line ${place + 2}: ${row.length} fields, ${header.length} expected.`);
  });
  return { header, rows };
}

/** Whether two rows are the same. */
export function sameRow(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((field, place) => field === other[place]);
}

/**
 * The number of a field; NaN of an empty one.
 *
 * @param most - the bound, and how it is said
 * @throws BundleError when it is none, or not from 0 to the bound
 */
export function fieldNumber(field: string, where: string, most: readonly [number, string]): number {
  if (!field) return Number.NaN;
  const value = NO_NUMBER.test(field) ? Number.NaN : toNumber(field);
  if (!(value >= 0 && value <= most[0]))
    throw new BundleError(`${where}: ${quotedAscii(clip(field, 40))} is no number from 0 to ${most[1]}.`);
  return value;
}

/**
 * Numbers of a table, row by row, all of them there.
 *
 * @param skip - how many fields of a row stand before its numbers
 * @param fault - what to say of a field that is none
 * @throws BundleError when one is none
 */
export function tableNumbers(rows: readonly (readonly string[])[], skip: number, fault: string): Float64Array {
  if (rows.some((row) => row.some((field, column) => column >= skip && NO_NUMBER.test(field))))
    throw new BundleError(`${fault}.`);
  const width = rows.length ? rows[0].length - skip : 0;
  const numbers = new Float64Array(rows.length * width);
  let place = 0;
  for (const row of rows) {
    for (let column = skip; column < row.length; column++) {
      const value = toNumber(row[column]);
      if (Number.isNaN(value)) {
        const why = clip(`could not convert string to float: '${row[column]}'`, 80);
        throw new BundleError(`${fault}: ${quotedAscii(why)}.`);
      }
      numbers[place++] = value;
    }
  }
  return numbers;
}

/**
 * Refuse a name that cannot be shown and looked up.
 *
 * It begins with a letter or a digit: a spreadsheet takes what begins otherwise for a formula, of results, too.
 *
 * @throws BundleError when it is none
 */
export function checkName(name: string, where: string, what: string): void {
  const long = lengthOf(name) > MAX_NAME || BLANK_AT_END.test(name);
  if (!name || long || !isPlain(name) || !isPrintable(name) || !/^[\p{L}\p{N}]/u.test(name))
    throw new BundleError(`${where}: ${quotedAscii(clip(name, 40))} is no name of ${what}.`);
}
