/** Sparse matrices in memory: made entry by entry, made canonical, cut, turned. */

import { MOST_VALUES } from "./bounds.js";
import type { Csr } from "./types.js";

export type Values = Float32Array | Float64Array;

const FIRST_ROOM = 1 << 16;

/** Entries that are added one after another, in as little memory as keeps them exact. */
export class Entries {
  indices = new Int32Array(FIRST_ROOM);
  values: Values;
  length = 0;
  readonly #most: number;
  readonly #refuse: () => never;

  /**
   * @param refuse - throws where there are more entries than a page has memory for
   * @param options - `expected`: how many are announced, which is believed a little at a time; `single`: round to
   * float32, whatever the values are
   */
  constructor(refuse: () => never, { expected = MOST_VALUES, single = false } = {}) {
    this.#refuse = refuse;
    this.#most = Math.min(expected, MOST_VALUES);
    this.values = new Float32Array(FIRST_ROOM);
    this.#single = single;
  }

  readonly #single: boolean;

  /** Add an entry that is not 0. */
  add(index: number, value: number): void {
    if (this.length === this.indices.length) this.#grow();
    if (!this.#single && this.values instanceof Float32Array && !Object.is(Math.fround(value), value))
      this.values = Float64Array.from(this.values);
    this.indices[this.length] = index;
    this.values[this.length++] = value;
  }

  /** What was added, without the room that is left. */
  finished(): { indices: Int32Array; values: Values } {
    const { indices, values, length } = this;
    const fits = length > 0.75 * indices.length;
    return fits
      ? { indices: indices.subarray(0, length), values: values.subarray(0, length) }
      : { indices: indices.slice(0, length), values: values.slice(0, length) };
  }

  #grow(): void {
    const room = this.indices.length;
    if (room >= MOST_VALUES) this.#refuse();
    const larger = Math.min(Math.max(room + 1, this.#most), room * 2);
    const indices = new Int32Array(larger);
    indices.set(this.indices);
    this.indices = indices;
    const values = this.values instanceof Float32Array ? new Float32Array(larger) : new Float64Array(larger);
    values.set(this.values);
    this.values = values;
  }
}

/** Some rows of a matrix; they share its memory. */
export function rowsOf(matrix: Csr, from: number, to: number): Csr {
  if (from === 0 && to === matrix.cells) return matrix;
  const [first, last] = [matrix.indptr[from], matrix.indptr[to]];
  const indptr = matrix.indptr.slice(from, to + 1);
  for (let i = 0; i < indptr.length; i++) indptr[i] -= first;
  return {
    cells: to - from,
    genes: matrix.genes,
    indptr,
    indices: matrix.indices.subarray(first, last),
    values: matrix.values.subarray(first, last),
  };
}

/** The same matrix with columns ascending in every row, duplicates summed and zeros dropped. */
export function canonical(matrix: Csr): Csr {
  const { cells, genes, indptr, indices, values } = matrix;
  if (isCanonical(matrix)) return matrix;
  const starts = new Float64Array(cells + 1);
  const columns = new Int32Array(indices.length);
  const kept = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  const sums = values instanceof Float32Array ? new Float32Array(genes) : new Float64Array(genes);
  const isHeld = new Uint8Array(genes);
  let at = 0;
  for (let cell = 0; cell < cells; cell++) {
    let number = 0;
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) {
      const column = indices[i];
      if (isHeld[column]) sums[column] += values[i];
      else {
        isHeld[column] = 1;
        sums[column] = values[i];
        columns[at + number++] = column;
      }
    }
    const row = columns.subarray(at, at + number).sort();
    for (let i = 0; i < number; i++) {
      const column = row[i];
      isHeld[column] = 0;
      if (sums[column] === 0) continue;
      columns[at] = column;
      kept[at++] = sums[column];
    }
    starts[cell + 1] = at;
  }
  return { cells, genes, indptr: starts, indices: columns.subarray(0, at), values: kept.subarray(0, at) };
}

function isCanonical({ cells, indptr, indices, values }: Csr): boolean {
  for (let cell = 0; cell < cells; cell++) {
    let before = -1;
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) {
      if (indices[i] <= before || values[i] === 0) return false;
      before = indices[i];
    }
  }
  return true;
}

/** Entries by rows as entries by columns: a matrix of genes x cells as one of cells x genes. */
export function turned(matrix: Csr): Csr {
  const { cells: rows, genes: columns, indptr, indices, values } = matrix;
  const entries = indptr[rows];
  const starts = new Float64Array(columns + 1);
  for (let i = 0; i < entries; i++) starts[indices[i] + 1]++;
  for (let column = 0; column < columns; column++) starts[column + 1] += starts[column];
  const next = starts.slice(0, columns);
  const moved = new Int32Array(entries);
  const kept = values instanceof Float32Array ? new Float32Array(entries) : new Float64Array(entries);
  for (let row = 0; row < rows; row++) {
    for (let i = indptr[row]; i < indptr[row + 1]; i++) {
      const to = next[indices[i]]++;
      moved[to] = row;
      kept[to] = values[i];
    }
  }
  return { cells: columns, genes: rows, indptr: starts, indices: moved, values: kept };
}

/** Some rows together, one block below the other. */
export function stacked(blocks: readonly Csr[], genes: number): Csr {
  if (blocks.length === 1) return blocks[0];
  const cells = blocks.reduce((sum, block) => sum + block.cells, 0);
  const entries = blocks.reduce((sum, block) => sum + block.indptr[block.cells], 0);
  const single = blocks.every((block) => block.values instanceof Float32Array);
  const indptr = new Float64Array(cells + 1);
  const indices = new Int32Array(entries);
  const values = single ? new Float32Array(entries) : new Float64Array(entries);
  let [cell, at] = [0, 0];
  for (const block of blocks) {
    for (let i = 1; i <= block.cells; i++) indptr[++cell] = at + block.indptr[i];
    indices.set(block.indices, at);
    values.set(block.values, at);
    at += block.indptr[block.cells];
  }
  return { cells, genes, indptr, indices, values };
}
