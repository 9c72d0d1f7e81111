/** The fields of a table below its head: a walk over bytes, for which the whole text is never one. */

import { joined } from "../text/guarded.js";

const [NEW_LINE, RETURN, BLANK, TAB, QUOTE] = [10, 13, 32, 9, 34];
const LONGEST_FIELD = 1 << 20;

/** Told of every field and every line. */
export interface FieldSink {
  /** A field: bytes from..to, and whether they stood in quotes, which are taken off. */
  field(column: number, bytes: Uint8Array, from: number, to: number): void;
  /** A line ended, of so many fields; its number counts those that were passed over, too. */
  line(fields: number, number: number): void;
}

/** Reads fields as pandas does: empty lines are none, quotes hold separators and ends of lines. */
export class FieldReader {
  readonly #separator: number;
  #begun: Uint8Array = new Uint8Array(0);
  #column = 0;
  #skip: number;
  #isAfterReturn = false;
  #isOpen = false;
  #lines = 0; // that ended

  /** @param skip - lines that are passed over */
  constructor(
    separator: string,
    skip: number,
    private readonly sink: FieldSink,
  ) {
    this.#separator = separator.charCodeAt(0);
    this.#skip = skip;
  }

  /** Number of the line that is read, from 1 on. */
  get lineNumber(): number {
    return this.#lines + 1;
  }

  /** Read on. */
  push(part: Uint8Array): void {
    const bytes = joined(this.#begun, part);
    if (bytes.length > part.length + LONGEST_FIELD)
      throw new Error("a field of it is longer than any, or its quotes do not end");
    const at = this.#read(bytes, false);
    this.#begun = bytes.slice(at);
  }

  /** Nothing comes any more. */
  finish(): void {
    const at = this.#read(this.#begun, true);
    if (at < this.#begun.length) throw new Error("EOF inside string: its quotes do not end");
    if (this.#isOpen) this.sink.field(this.#column++, this.#begun, 0, 0);
    if (this.#column > 0) this.#end();
  }

  /** Read as many fields as are whole; return where the first begins that is not. */
  #read(bytes: Uint8Array, isLast: boolean): number {
    let at = 0;
    const { length } = bytes;
    while (at < length) {
      if (this.#isAfterReturn) {
        this.#isAfterReturn = false;
        if (bytes[at] === NEW_LINE) {
          at++;
          continue;
        }
      }
      if (this.#skip > 0) {
        while (at < length && bytes[at] !== NEW_LINE && bytes[at] !== RETURN) at++;
        if (at < length) {
          this.#isAfterReturn = bytes[at++] === RETURN;
          this.#skip--;
          this.#lines++;
        }
        continue;
      }
      const next = this.#field(bytes, at, isLast);
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  /** Read a field; return where the next begins, less than 0 where it does not end. */
  #field(bytes: Uint8Array, start: number, isLast: boolean): number {
    const { length } = bytes;
    const separator = this.#separator;
    let at = start;
    if (this.#column === 0) {
      while (at < length && (bytes[at] === BLANK || bytes[at] === TAB) && bytes[at] !== separator) at++;
      if (at === length && !isLast) return -1;
      if (at === length || bytes[at] === NEW_LINE || bytes[at] === RETURN) {
        this.#isAfterReturn = bytes[at] === RETURN;
        this.#lines++;
        return at + 1; // an empty line
      }
      at = start;
    }
    if (separator === BLANK) while (bytes[at] === BLANK) at++;
    if (bytes[at] === QUOTE) return this.#quoted(bytes, at, isLast);
    const from = at;
    while (at < length && bytes[at] !== separator && bytes[at] !== NEW_LINE && bytes[at] !== RETURN) at++;
    if (at === length && !isLast) return -1;
    this.sink.field(this.#column++, bytes, from, at);
    return this.#after(bytes, at);
  }

  /** The same of a field that begins with a quote. */
  #quoted(bytes: Uint8Array, start: number, isLast: boolean): number {
    const held: number[] = [];
    let at = start + 1;
    for (;;) {
      const end = bytes.indexOf(QUOTE, at);
      if (end < 0 || (end + 1 === bytes.length && !isLast)) return -1;
      for (; at < end; at++) held.push(bytes[at]);
      if (bytes[end + 1] !== QUOTE) {
        at = end + 1;
        break;
      }
      held.push(QUOTE);
      at = end + 2;
    }
    while (at < bytes.length && bytes[at] !== this.#separator && bytes[at] !== NEW_LINE && bytes[at] !== RETURN)
      held.push(bytes[at++]);
    if (at === bytes.length && !isLast) return -1;
    this.sink.field(this.#column++, Uint8Array.from(held), 0, held.length);
    return this.#after(bytes, at);
  }

  #after(bytes: Uint8Array, at: number): number {
    this.#isOpen = at < bytes.length && bytes[at] === this.#separator; // what follows the last separator is a field, too
    if (at === bytes.length) return at;
    if (this.#isOpen) return at + 1;
    this.#isAfterReturn = bytes[at] === RETURN;
    this.#end();
    return at + 1;
  }

  #end(): void {
    this.sink.line(this.#column, ++this.#lines);
    this.#column = 0;
  }
}
