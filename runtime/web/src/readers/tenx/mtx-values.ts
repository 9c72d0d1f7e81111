/** The values of a Matrix Market file, as CSR by cells: read as bytes, a part at a time, in one pass. */

import { MOST_VALUES, refuseManyValues } from "../bounds.js";
import { canonical, Entries, type Values } from "../sparse.js";
import type { StoredFile } from "../stored-file.js";
import { joined, textBytes } from "../text/guarded.js";
import type { Csr } from "../types.js";
import { LONGEST_LINE, type MtxHead } from "./mtx-head.js";

const [NEW_LINE, RETURN, BLANK, TAB, ZERO, NINE] = [10, 13, 32, 9, 48, 57];

/**
 * Read the values.
 *
 * Cells one after another, as Cell Ranger and scipy write them, take 8 bytes a value; in any other order 20 for a while.
 *
 * @param genesInRows - whether rows are genes
 * @throws Error where it is damaged, in the words of Python's reader
 * @throws DataError where there are more values than a page has memory for
 */
export async function readValues(file: StoredFile, head: MtxHead, genesInRows: boolean): Promise<Csr> {
  const refuse = (): never => refuseManyValues(file.name, "as text");
  if (head.values > MOST_VALUES && !head.isDense) refuse();
  const cells = genesInRows ? head.columns : head.rows;
  const genes = genesInRows ? head.rows : head.columns;
  const found = new ByCells(cells, new Entries(refuse, { expected: head.values }));
  const parser = new Parser(head, (row, column, value) =>
    found.add(genesInRows ? column : row, genesInRows ? row : column, value),
  );
  let begun: Uint8Array = new Uint8Array(0);
  for await (const part of textBytes(file, LONGEST_LINE)) {
    const whole = joined(begun, part);
    const end = whole.lastIndexOf(NEW_LINE) + 1;
    parser.lines(whole, end);
    begun = whole.slice(end);
  }
  if (begun.length) parser.lines(joined(begun, Uint8Array.of(NEW_LINE)), begun.length + 1);
  parser.finish();
  return canonical({ cells, genes, ...found.finished() });
}

/** Reads lines of values. */
class Parser {
  #line = 0;
  #values = 0;

  constructor(
    private readonly head: MtxHead,
    private readonly add: (row: number, column: number, value: number) => void,
  ) {}

  /** Read the lines up to a place, the last of which ends there. */
  lines(bytes: Uint8Array, end: number): void {
    const { head } = this;
    for (let at = 0; at < end; ) {
      if (this.#line < head.lines) {
        at = bytes.indexOf(NEW_LINE, at) + 1;
        this.#line++;
        continue;
      }
      at = head.isDense ? this.#dense(bytes, at) : this.#entry(bytes, at);
    }
  }

  finish(): void {
    const lacking = this.head.values - this.#values;
    if (lacking > 0) throw new Error(`Truncated file. Expected another ${lacking} lines`);
  }

  /** Read a line of row, column, value; return where the next begins. */
  #entry(bytes: Uint8Array, from: number): number {
    let at = from;
    this.#line++;
    const numbers = [0, 0, 1];
    const wanted = this.head.isPattern ? 2 : 3;
    let count = 0;
    for (;;) {
      while (bytes[at] === BLANK || bytes[at] === TAB || bytes[at] === RETURN) at++;
      if (bytes[at] === NEW_LINE) break;
      let number = 0;
      const start = at;
      while (bytes[at] >= ZERO && bytes[at] <= NINE) number = number * 10 + bytes[at++] - ZERO;
      if (!isEnd(bytes[at]) || at - start > 15) {
        while (!isEnd(bytes[at])) at++;
        number = this.#number(bytes.subarray(start, at));
        if (count < 2 && !Number.isInteger(number)) throw new Error(`Line ${this.#line}: Invalid integer value`);
      }
      if (count < wanted) numbers[count] = number;
      count++;
    }
    if (count === 0) return at + 1;
    if (count < wanted)
      throw new Error(`Line ${this.#line}: Invalid ${count < 2 ? "integer" : "floating-point"} value`);
    if (count > wanted) throw new Error(`Line ${this.#line}: it has ${count} numbers, not ${wanted}`);
    this.#take(numbers[0] - 1, numbers[1] - 1, numbers[2]);
    return at + 1;
  }

  /** Read a line of one value. */
  #dense(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(NEW_LINE, from);
    this.#line++;
    const text = new TextDecoder().decode(bytes.subarray(from, end)).trim();
    if (text !== "") {
      const place = this.#values;
      this.#take(
        place % this.head.rows,
        Math.floor(place / this.head.rows),
        this.#number(new TextEncoder().encode(text)),
      );
    }
    return end + 1;
  }

  #take(row: number, column: number, value: number): void {
    const { rows, columns, values } = this.head;
    if (this.#values >= values) throw new Error(`Line ${this.#line}: Too many lines in file (file too long)`);
    if (!(row >= 0 && row < rows)) throw new Error(`Line ${this.#line}: Row index out of bounds`);
    if (!(column >= 0 && column < columns)) throw new Error(`Line ${this.#line}: Column index out of bounds`);
    this.#values++;
    if (value !== 0) this.add(row, column, value);
  }

  /** A number in any form, whatever the head says: R writes 1e+05 into files of integers, others 1.7. */
  #number(bytes: Uint8Array): number {
    const text = new TextDecoder().decode(bytes);
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
    if (/^[+-]?(inf(inity)?|nan)$/i.test(text))
      return /nan/i.test(text) ? Number.NaN : Number(text[0] === "-" ? "-Infinity" : "Infinity");
    throw new Error(`Line ${this.#line}: Invalid floating-point value`);
  }
}

function isEnd(byte: number): boolean {
  return byte === BLANK || byte === NEW_LINE || byte === TAB || byte === RETURN || byte === undefined;
}

/** Entries by cells: those of a cell together as long as they come so, else sorted at the end. */
class ByCells {
  readonly #starts: Float64Array;
  #last = 0;
  /** The cell of every entry, once they are out of order. */
  #cells: Int32Array | null = null;

  constructor(
    private readonly cells: number,
    private readonly entries: Entries,
  ) {
    this.#starts = new Float64Array(cells + 1);
  }

  add(cell: number, gene: number, value: number): void {
    if (this.#cells === null && cell < this.#last) this.#cells = this.#cellsSoFar();
    if (this.#cells === null) this.#last = cell;
    else {
      if (this.#cells.length <= this.entries.length) this.#cells = lengthened(this.#cells);
      this.#cells[this.entries.length] = cell;
    }
    this.#starts[cell + 1]++;
    this.entries.add(gene, value);
  }

  finished(): { indptr: Float64Array; indices: Int32Array; values: Values } {
    const indptr = this.#starts;
    for (let cell = 0; cell < this.cells; cell++) indptr[cell + 1] += indptr[cell];
    const { indices, values } = this.entries.finished();
    if (this.#cells === null) return { indptr, indices, values };
    const next = indptr.slice(0, this.cells);
    const moved = new Int32Array(indices.length);
    const kept =
      values instanceof Float32Array ? new Float32Array(indices.length) : new Float64Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const to = next[this.#cells[i]]++;
      moved[to] = indices[i];
      kept[to] = values[i];
    }
    return { indptr, indices: moved, values: kept };
  }

  #cellsSoFar(): Int32Array {
    const found = new Int32Array(Math.max(1024, 2 * this.entries.length));
    for (let cell = 0, at = 0; cell <= this.#last; cell++) {
      const end = at + this.#starts[cell + 1];
      found.fill(cell, at, end);
      at = end;
    }
    return found;
  }
}

function lengthened(array: Int32Array): Int32Array {
  const longer = new Int32Array(Math.min(2 * array.length, MOST_VALUES));
  longer.set(array);
  return longer;
}
