/** The matrices of a dataset, and how their columns are those of the dataset. */

import { DataError } from "../errors.js";
import type { Dataset, Matrix } from "../readers/types.js";
import { grouped } from "../text/figures.js";
import { clip, quoted } from "../text/quoting.js";

const MOST_NAMED = 10;
// Layers that are counts by their name, in the order in which they are looked at; and those that hold a part of the
// molecules only, which are used when they are asked for.
const COUNT_LAYERS = ["counts", "raw_counts", "raw", "count", "umi", "umis"];
const PART_LAYERS = new Set(["spliced", "unspliced", "ambiguous", "mature", "nascent"]);
const BOUNDS = /_(lower|upper)$/;

/** What to try where a matrix holds no counts; `others` can be asked for as a layer. */
export function countsWanted(others: readonly string[]): string {
  if (others.length === 0) return "cellfill needs raw counts, and the data have no layer that could hold them";
  const some = others.slice(0, MOST_NAMED).map((name) => clip(name, 60));
  return `cellfill needs raw counts: name the layer that holds them: ${some.join(", ")}`;
}

/** What can be asked for as a layer, but for one matrix: the layers, `raw`, and last `X`. */
export function othersThan(dataset: Dataset, matrix: Matrix | null): string[] {
  const names = dataset.matrices
    .filter((one) => one.name !== matrix?.name)
    .map((one) => (one.name === "X" ? "X" : (one.layer ?? "raw")));
  const [last, first] = [names.filter((name) => name === "X"), names.filter((name) => name !== "X")];
  return [...new Set([...first, ...last])];
}

/**
 * The matrix that a name stands for: `X`, a layer, or `raw` where no layer has that name.
 *
 * @throws DataError when there is none
 */
export function askedFor(dataset: Dataset, layer: string): Matrix {
  const matrix = dataset.matrices.find((one) => (layer === "X" ? one.name === "X" : one.layer === layer));
  if (matrix) return matrix;
  const raw = dataset.matrices.find((one) => one.name === "raw.X");
  if (!raw || !["raw", "raw.X"].includes(layer)) {
    const have = othersThan(dataset, dataset.matrices.find((one) => one.name === "X") ?? null).join(", ") || "none";
    throw new DataError(`The data have no layer ${quoted(layer)}; layers: ${have}.`);
  }
  if (hasAllGenes(dataset, raw)) return raw;
  const held = new Set(raw.var.index);
  const lacks = new Set(dataset.var.index.filter((name) => !held.has(name))).size;
  const why = lacks
    ? `lacks ${grouped(lacks)} of the ${grouped(dataset.var.index.length)} genes`
    : "or the dataset has genes twice";
  throw new DataError(
    `raw ${why}, so that its counts cannot be told for every gene of the data: impute raw itself (adata.raw.to_adata()).`,
  );
}

/** The layers that may hold all counts, those with a usual name first. */
export function layersToLookAt(dataset: Dataset): Matrix[] {
  const layers = dataset.matrices.filter(({ layer }) => layer !== null && !PART_LAYERS.has(layer));
  const there = new Set(layers.map(({ layer }) => layer));
  const order = ({ layer }: Matrix): number => {
    const place = COUNT_LAYERS.indexOf((layer ?? "").toLowerCase());
    return place < 0 ? COUNT_LAYERS.length : place;
  };
  // Bounds of a layer are whole numbers, but no counts.
  const isBound = (layer: string): boolean => BOUNDS.test(layer) && there.has(layer.replace(BOUNDS, ""));
  return layers.filter(({ layer }) => !isBound(layer ?? "")).sort((a, b) => order(a) - order(b));
}

/** `raw.X` where it has all genes of the dataset. */
export function rawToLookAt(dataset: Dataset): Matrix[] {
  return dataset.matrices.filter((one) => one.name === "raw.X" && hasAllGenes(dataset, one));
}

/** For every gene of the dataset its column; null where they are the same. */
export function columnsIn(dataset: Dataset, matrix: Matrix): Int32Array | null {
  return hasSameGenes(dataset, matrix) ? null : columnsOf(dataset, matrix);
}

function hasAllGenes(dataset: Dataset, matrix: Matrix): boolean {
  return hasSameGenes(dataset, matrix) || columnsOf(dataset, matrix) !== null;
}

function hasSameGenes({ var: var_ }: Dataset, matrix: Matrix): boolean {
  const [names, wanted] = [matrix.var.index, var_.index];
  return names === wanted || (names.length === wanted.length && names.every((name, i) => name === wanted[i]));
}

/** The column of each gene of the dataset, null where they are not all there, or one is there twice. */
function columnsOf({ var: var_ }: Dataset, matrix: Matrix): Int32Array | null {
  const place = new Map(matrix.var.index.map((name, column) => [name, column]));
  if (place.size < matrix.var.index.length || new Set(var_.index).size < var_.index.length) return null;
  const found = Int32Array.from(var_.index, (name) => place.get(name) ?? -1);
  return found.includes(-1) ? null : found;
}
