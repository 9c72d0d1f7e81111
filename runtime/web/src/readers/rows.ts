/** Matrices of which a block of cells can be had at a time, from memory or from a file. */

import { checkRows, checkShape, MOST_VALUES, refuseManyValues } from "./bounds.js";
import type { StoredArray } from "./hdf5/stored-array.js";
import { canonical, Entries, rowsOf, stacked } from "./sparse.js";
import type { Csr } from "./types.js";

/** Values that are read at a time, of a matrix that is read as a whole. */
const AT_A_TIME = 1 << 22;

/** A cells x genes matrix. */
export interface Rows {
  readonly cells: number;
  readonly genes: number;
  /** How a value is stored. */
  readonly dtype: string;
  /** Some cells, canonical. */
  read(from: number, to: number): Csr;
}

/** The three arrays of a sparse matrix. */
export interface SparseParts {
  readonly data: StoredArray;
  readonly indices: StoredArray;
  readonly indptr: StoredArray;
}

/** A matrix in memory, canonical. */
export function inMemory(matrix: Csr, dtype: string): Rows {
  return { cells: matrix.cells, genes: matrix.genes, dtype, read: (from, to) => rowsOf(matrix, from, to) };
}

/**
 * CSR that stays in a file, but for the places where its rows start.
 *
 * @throws Error when the arrays do not fit each other
 */
export function storedCsr(parts: SparseParts, cells: number, genes: number): Rows {
  checkShape(cells, genes);
  const { data, indices } = parts;
  const starts = startsOf(parts, cells, genes);
  return {
    cells,
    genes,
    dtype: data.dtype,
    read(from, to) {
      const [first, last] = [starts[from], starts[to]];
      if (last - first > MOST_VALUES) throw new Error(`${to - from} cells have ${last - first} values`);
      const indptr = starts.slice(from, to + 1);
      for (let i = 0; i < indptr.length; i++) indptr[i] -= first;
      const columns = columnsOf(indices.places(first, last), genes, "column", "genes");
      return canonical({ cells: to - from, genes, indptr, indices: columns, values: data.numbers(first, last) });
    },
  };
}

/** CSC of a file, converted to CSR in memory when cells are first asked for: it has no rows of its own. */
export function storedCsc(parts: SparseParts, cells: number, genes: number, name: string): Rows {
  checkShape(cells, genes);
  checkLengths(parts, genes);
  let held: Csr | null = null;
  return {
    cells,
    genes,
    dtype: parts.data.dtype,
    read(from, to) {
      held ??= byCells(parts, cells, genes, name);
      return rowsOf(held, from, to);
    },
  };
}

/** A dense matrix that stays in a file. */
export function storedDense(array: StoredArray): Rows {
  if (array.shape.length !== 2) throw new Error(`a matrix has two axes, this has ${array.shape.length}`);
  const [cells, genes] = array.shape;
  checkShape(cells, genes);
  const step = Math.max(1, Math.floor(AT_A_TIME / Math.max(genes, 1)));
  return {
    cells,
    genes,
    dtype: array.dtype,
    read(from, to) {
      if (from >= to) return sparse(new Float32Array(0), 0, genes);
      const blocks: Csr[] = [];
      for (let at = from; at < to; at += step) {
        const end = Math.min(at + step, to);
        blocks.push(sparse(array.numbers(at, end), end - at, genes));
      }
      return stacked(blocks, genes);
    },
  };
}

/** A dense block as CSR. */
export function sparse(dense: Float32Array | Float64Array, cells: number, genes: number): Csr {
  const entries = new Entries(() => refuseManyValues("A block", "dense"));
  const indptr = new Float64Array(cells + 1);
  for (let cell = 0, at = 0; cell < cells; cell++) {
    for (let gene = 0; gene < genes; gene++, at++) if (dense[at] !== 0) entries.add(gene, dense[at]);
    indptr[cell + 1] = entries.length;
  }
  return { cells, genes, indptr, ...entries.finished() };
}

/** CSC as CSR, in two walks over the places: one counts, one puts; little else is in memory but the result. */
function byCells(parts: SparseParts, cells: number, genes: number, name: string): Csr {
  const { data, indices } = parts;
  const starts = startsOf(parts, genes, cells);
  const entries = starts[genes];
  if (entries > MOST_VALUES) refuseManyValues(name, "by genes (CSC)");
  const indptr = new Float64Array(cells + 1);
  for (let at = 0; at < entries; at += AT_A_TIME) {
    const rows = columnsOf(indices.places(at, Math.min(at + AT_A_TIME, entries)), cells, "row", "cells");
    for (let i = 0; i < rows.length; i++) indptr[rows[i] + 1]++;
  }
  for (let cell = 0; cell < cells; cell++) indptr[cell + 1] += indptr[cell];
  const next = indptr.slice(0, cells);
  const moved = new Int32Array(entries);
  const single = data.numbers(0, 0) instanceof Float32Array;
  const values = single ? new Float32Array(entries) : new Float64Array(entries);
  for (let at = 0, gene = 0; at < entries; at += AT_A_TIME) {
    const end = Math.min(at + AT_A_TIME, entries);
    const rows = columnsOf(indices.places(at, end), cells, "row", "cells");
    const part = data.numbers(at, end);
    for (let i = 0; i < rows.length; i++) {
      while (at + i >= starts[gene + 1]) gene++;
      const to = next[rows[i]]++;
      moved[to] = gene;
      values[to] = part[i];
    }
  }
  return canonical({ cells, genes, indptr, indices: moved, values });
}

/** Where rows (of CSR) or columns (of CSC) start, which are `across` long. */
function startsOf(parts: SparseParts, length: number, across: number): Float64Array {
  checkLengths(parts, length);
  const { data, indices, indptr } = parts;
  if (indices.kind !== "integer") throw new Error("indices and indptr must be whole numbers");
  const starts = indptr.integers();
  let ascends = starts[0] === 0;
  for (let i = 0; i < length; i++) ascends &&= starts[i + 1] >= starts[i];
  if (!ascends) throw new Error("indptr does not ascend from 0");
  if (data.length !== starts[length])
    throw new Error(`${data.length} values, ${indices.length} indices, but indptr ends at ${starts[length]}`);
  checkRows(starts, across);
  return starts;
}

/** Refuse parts of other lengths than their matrix has, before any is read. */
function checkLengths({ data, indices, indptr }: SparseParts, length: number): void {
  if (indptr.shape.length !== 1 || indptr.shape[0] !== length + 1)
    throw new Error(`indptr has ${shaped(indptr)} values for ${length} rows or columns`);
  if (data.shape.length !== 1 || indices.shape.length !== 1 || data.shape[0] !== indices.shape[0])
    throw new Error(`values are of shape ${shaped(data)}, indices of shape ${shaped(indices)}`);
}

/** Places along an axis, in range. */
function columnsOf(places: Int32Array | Float64Array, length: number, what: string, of: string): Int32Array {
  for (let i = 0; i < places.length; i++)
    if (!(places[i] >= 0 && places[i] < length)) throw new Error(`a ${what} index is beyond the ${length} ${of}`);
  return places instanceof Int32Array ? places : Int32Array.from(places);
}

function shaped(array: StoredArray): string {
  const { shape } = array;
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
