/** An embedding in two dimensions: its own two, or the strongest directions of cells that are known, or of these. */

import { leading } from "../../calibration/eigen.js";

/** Cells in two dimensions; Python's `cellfill.plots.plane.Plane`. */
export interface Plane {
  /** Cells x 2. */
  readonly cells: Float32Array;
  readonly reference: Float32Array | null;
  /** What the two dimensions are. */
  readonly axes: readonly [string, string];
}

/**
 * Return cells in two dimensions.
 *
 * @param places - cells x dimensions, row by row; NaN for cells without a place
 * @param reference - known cells x dimensions: the plane is theirs then, the same whatever the new cells are
 */
export function planeOf(places: Float32Array, dimensions: number, reference: Float32Array | null): Plane {
  const own: readonly [string, string] = ["1", "2"];
  if (dimensions === 2) return { cells: places, reference, axes: own };
  // Cells without a place do not say where the others lie.
  const known = reference ?? finiteRows(places, dimensions);
  if (dimensions < 2 || known.length / dimensions < 2)
    return { cells: flat(places, dimensions), reference: reference && flat(reference, dimensions), axes: own };
  const middle = means(known, dimensions);
  const spread = covariance(known, middle, dimensions);
  let total = 1e-12;
  for (let at = 0; at < dimensions; at++) total += spread[at * dimensions + at];
  const { values, vectors } = leading(spread, dimensions, 2);
  const two = [0, 1].map((which) => upright(vectors.slice(which * dimensions, (which + 1) * dimensions)));
  const share = [0, 1].map((which) => `${Math.round((100 * Math.max(values[which], 0)) / total)}%`);
  const whose = reference ? " of the reference" : "";
  return {
    cells: project(places, middle, two),
    reference: reference && project(reference, middle, two),
    axes: [`PC 1 (${share[0]} of variance${whose})`, `PC 2 (${share[1]})`],
  };
}

/** A direction of which the largest part is positive. */
function upright(vector: Float64Array): Float64Array {
  let largest = 0;
  for (let at = 1; at < vector.length; at++) if (Math.abs(vector[at]) > Math.abs(vector[largest])) largest = at;
  return vector[largest] < 0 ? vector.map((value) => -value) : vector;
}

function finiteRows(places: Float32Array, dimensions: number): Float32Array {
  const kept: number[] = [];
  for (let start = 0; start < places.length; start += dimensions)
    if (places.subarray(start, start + dimensions).every(Number.isFinite)) kept.push(start);
  const rows = new Float32Array(kept.length * dimensions);
  kept.forEach((start, row) => {
    rows.set(places.subarray(start, start + dimensions), row * dimensions);
  });
  return rows;
}

function means(points: Float32Array, dimensions: number): Float64Array {
  const sums = new Float64Array(dimensions);
  for (let at = 0; at < points.length; at++) sums[at % dimensions] += points[at];
  return sums.map((sum) => sum / (points.length / dimensions));
}

function covariance(points: Float32Array, middle: Float64Array, dimensions: number): Float64Array {
  const sums = new Float64Array(dimensions * dimensions);
  for (let start = 0; start < points.length; start += dimensions)
    for (let i = 0; i < dimensions; i++) {
      const off = points[start + i] - middle[i];
      for (let j = i; j < dimensions; j++) sums[i * dimensions + j] += off * (points[start + j] - middle[j]);
    }
  const freedom = points.length / dimensions - 1;
  for (let i = 0; i < dimensions; i++)
    for (let j = i; j < dimensions; j++) {
      sums[i * dimensions + j] /= freedom;
      sums[j * dimensions + i] = sums[i * dimensions + j];
    }
  return sums;
}

function project(points: Float32Array, middle: Float64Array, two: readonly Float64Array[]): Float32Array {
  const dimensions = middle.length;
  const cells = points.length / dimensions;
  const placed = new Float32Array(cells * 2);
  for (let cell = 0; cell < cells; cell++)
    for (let which = 0; which < 2; which++) {
      let sum = 0;
      for (let at = 0; at < dimensions; at++) sum += (points[cell * dimensions + at] - middle[at]) * two[which][at];
      placed[cell * 2 + which] = sum;
    }
  return placed;
}

/** The first two dimensions; of one the second is 0. */
function flat(points: Float32Array, dimensions: number): Float32Array {
  const cells = dimensions ? points.length / dimensions : 0;
  const placed = new Float32Array(cells * 2);
  for (let cell = 0; cell < cells; cell++)
    for (let which = 0; which < Math.min(2, dimensions); which++)
      placed[cell * 2 + which] = points[cell * dimensions + which];
  return placed;
}
