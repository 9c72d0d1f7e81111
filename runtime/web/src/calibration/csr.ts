/** Counts in CSR form: rows, columns, totals and the same matrix the other way round. */

import type { Csr } from "../readers/types.js";

/** Some rows, in that order. */
export function takeRows(counts: Csr, rows: ArrayLike<number>): Csr {
  const indptr = new Float64Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++)
    indptr[i + 1] = indptr[i] + counts.indptr[rows[i] + 1] - counts.indptr[rows[i]];
  const indices = new Int32Array(indptr[rows.length]);
  const values = new Float32Array(indptr[rows.length]);
  for (let i = 0; i < rows.length; i++) {
    const from = counts.indptr[rows[i]];
    const to = counts.indptr[rows[i] + 1];
    indices.set(counts.indices.subarray(from, to), indptr[i]);
    values.set(counts.values.subarray(from, to), indptr[i]);
  }
  return { cells: rows.length, genes: counts.genes, indptr, indices, values };
}

/**
 * Move every column to `place[column]`, or drop it where that is -1.
 *
 * @param width - number of columns of the result, in which columns of a row ascend, and those of one place are summed
 */
export function moveColumns(counts: Csr, place: ArrayLike<number>, width: number): Csr {
  const turned = transpose(counts, place, width);
  return transpose(turned, null, turned.genes);
}

/** The same matrix the other way round: genes x cells. Some of its columns only, where places are given as above. */
export function transpose(counts: Csr, place: ArrayLike<number> | null, width: number): Csr {
  const start = new Float64Array(width + 1);
  const { cells, indptr, indices, values } = counts;
  for (let i = 0; i < indptr[cells]; i++) {
    const to = place === null ? indices[i] : place[indices[i]];
    if (to >= 0) start[to + 1]++;
  }
  for (let column = 0; column < width; column++) start[column + 1] += start[column];
  const rows = new Int32Array(start[width]);
  const moved = new Float32Array(start[width]);
  const next = start.slice(0, width);
  for (let cell = 0; cell < cells; cell++) {
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) {
      const to = place === null ? indices[i] : place[indices[i]];
      if (to < 0) continue;
      if (next[to] > start[to] && rows[next[to] - 1] === cell) moved[next[to] - 1] += values[i];
      else {
        rows[next[to]] = cell;
        moved[next[to]++] = values[i];
      }
    }
  }
  return packed({ cells: width, genes: cells, indptr: start, indices: rows, values: moved }, next);
}

/** Close the gaps that summed entries left: row r ends at `ends[r]`. */
function packed(counts: Csr, ends: Float64Array): Csr {
  const { cells, indptr, indices, values } = counts;
  let gaps = false;
  for (let row = 0; row < cells && !gaps; row++) gaps = ends[row] < indptr[row + 1];
  if (!gaps) return counts;
  const starts = new Float64Array(cells + 1);
  for (let row = 0; row < cells; row++) {
    indices.copyWithin(starts[row], indptr[row], ends[row]);
    values.copyWithin(starts[row], indptr[row], ends[row]);
    starts[row + 1] = starts[row] + ends[row] - indptr[row];
  }
  const entries = starts[cells];
  return { ...counts, indptr: starts, indices: indices.slice(0, entries), values: values.slice(0, entries) };
}

/** The same matrix with other values, zeros left out. */
export function withoutZeros(counts: Csr, values: Float32Array): Csr {
  const indptr = new Float64Array(counts.cells + 1);
  const indices = new Int32Array(values.length);
  const kept = new Float32Array(values.length);
  let next = 0;
  for (let cell = 0; cell < counts.cells; cell++) {
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++) {
      if (values[i] === 0) continue;
      indices[next] = counts.indices[i];
      kept[next++] = values[i];
    }
    indptr[cell + 1] = next;
  }
  return { ...counts, indptr, indices: indices.slice(0, next), values: kept.slice(0, next) };
}

/** The sum of each row. */
export function rowTotals(counts: Csr): Float64Array {
  const totals = new Float64Array(counts.cells);
  for (let row = 0; row < counts.cells; row++) {
    let total = 0;
    for (let i = counts.indptr[row]; i < counts.indptr[row + 1]; i++) total += counts.values[i];
    totals[row] = total;
  }
  return totals;
}

/** The sum of each column. */
export function columnTotals(counts: Csr): Float64Array {
  const totals = new Float64Array(counts.genes);
  for (let i = 0; i < counts.indptr[counts.cells]; i++) totals[counts.indices[i]] += counts.values[i];
  return totals;
}

/**
 * Some columns of some rows, dense.
 *
 * @param place - for every column its place in the result, -1 for none
 * @returns rows x width, row by row
 */
export function denseColumns(
  counts: Csr,
  place: ArrayLike<number>,
  width: number,
  from = 0,
  to = counts.cells,
): Float32Array {
  const dense = new Float32Array((to - from) * width);
  for (let row = from; row < to; row++) {
    const offset = (row - from) * width;
    for (let i = counts.indptr[row]; i < counts.indptr[row + 1]; i++) {
      const column = place[counts.indices[i]];
      if (column >= 0) dense[offset + column] += counts.values[i];
    }
  }
  return dense;
}

/** For every one of so many columns its place among those chosen, -1 for none. */
export function placesOf(chosen: ArrayLike<number>, width: number): Int32Array {
  const place = new Int32Array(width).fill(-1);
  for (let i = 0; i < chosen.length; i++) place[chosen[i]] = i;
  return place;
}
