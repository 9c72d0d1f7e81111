/** Golden values: cells and what a graph gives for them, replayed wherever the bundle is. */

import type { Bundle, GeneIndex, Golden } from "../bundle/types.js";
import { BundleError } from "../errors.js";
import type { Csr } from "../readers/types.js";
import { scientific } from "../text/figures.js";
import { mapColumns } from "./cells.js";
import type { Network } from "./types.js";

/**
 * Sums of float32 in another order, on another processor, differ by some 1e-6; exp makes up to 1e-5 of it. What is wrong
 * in a port (a gene in another column, a missing one at 0, another size factor) differs by far more.
 */
export const TOLERANCE = 1e-4;

/** What came of replaying golden values. */
export interface Replayed {
  /** How many cells were run. */
  readonly cells: number;
  /** The largest difference, as a share of the stated value, or of the root mean square of its output's where that is more. */
  readonly difference: number;
  /** Where it is over `TOLERANCE`; empty for nothing. */
  readonly fault: string;
}

/**
 * Replay a bundle's golden values; does nothing for a bundle of format 1, which has none.
 *
 * @throws BundleError when they do not hold, or the graph fails
 */
export async function verify(bundle: Bundle, network: Network): Promise<void> {
  if (bundle.golden === null) return;
  const { fault } = await replay(bundle, network);
  if (fault) throw new BundleError(fault);
}

/**
 * Run a bundle's golden cells and compare.
 *
 * @throws BundleError when the bundle has none, or its graph fails
 */
export async function replay(bundle: Bundle, network: Network): Promise<Replayed> {
  const { golden } = bundle;
  if (golden === null) throw new BundleError("The model has no golden values, which came with format 2.");
  const rowOf = geneRows(bundle.genes);
  const rows = Int32Array.from({ length: bundle.genes.length }, (_, row) => row);
  const measured = new Uint8Array(bundle.genes.length).fill(1);
  for (const name of golden.missing) measured[rowOf(name)] = 0;
  const counts = countsOf(golden, bundle.genes.length, rowOf);
  const cells = mapColumns(rows, measured, bundle.genes).inputCells(counts);
  const given = await network.run(cells);
  let where = "size factors";
  let worst = difference(
    cells.sizeFactors,
    golden.cells.map((cell) => cell.sizeFactor),
  );
  for (const output of golden.outputs) {
    const meaning = bundle.manifest.outputs.find(({ name }) => name === output.name)?.meaning;
    const values = meaning === undefined ? undefined : given.get(meaning);
    if (values === undefined) throw new BundleError(`The model gives no ${output.name}. Use another model.`);
    const width = values.length / cells.cells;
    const found = output.values.flatMap((_, cell) => output.columns.map((column) => values[cell * width + column]));
    const differs = difference(found, output.values.flat());
    if (!(differs <= worst)) [where, worst] = [`values of ${output.name}`, differs];
  }
  const fault =
    `golden.json does not hold: ${where} differ by ${scientific(worst)} of what it states, over 1e-04. The model is not ` +
    "what its author ran, or this machine computes otherwise: do not use it here.";
  return { cells: cells.cells, difference: worst, fault: worst <= TOLERANCE ? "" : fault };
}

/** Golden values name genes by their Ensembl id, or else symbol. */
function geneRows(genes: GeneIndex): (name: string) => number {
  const rows = new Map<string, number>();
  for (let row = 0; row < genes.length; row++) rows.set(genes.ensemblIds[row] || genes.symbols[row], row);
  return (name) => {
    const row = rows.get(name);
    if (row === undefined) throw new BundleError(`golden.json: ${name.slice(0, 40)} is no gene of the model.`);
    return row;
  };
}

function countsOf(golden: Golden, genes: number, rowOf: (name: string) => number): Csr {
  const rows = golden.genes.map(rowOf);
  const entries = golden.cells.map((cell) =>
    cell.genes.map((gene, place) => ({ column: rows[gene], count: cell.counts[place] })),
  );
  for (const cell of entries) cell.sort((a, b) => a.column - b.column);
  const indptr = new Float64Array(golden.cells.length + 1);
  for (const [cell, found] of entries.entries()) indptr[cell + 1] = indptr[cell] + found.length;
  const flat = entries.flat();
  return {
    cells: golden.cells.length,
    genes,
    indptr,
    indices: Int32Array.from(flat, (entry) => entry.column),
    values: Float32Array.from(flat, (entry) => entry.count),
  };
}

/** The largest difference as a share of the stated value, or of the root mean square of all where that is more. */
function difference(found: ArrayLike<number>, stated: readonly number[]): number {
  let squares = 0;
  for (const value of stated) squares += value * value;
  const usual = Math.max(Math.sqrt(squares / stated.length), 1e-300);
  let worst = 0;
  for (let i = 0; i < stated.length; i++) {
    const share = Math.abs(found[i] - stated[i]) / Math.max(Math.abs(stated[i]), usual);
    if (!(share <= worst)) worst = share;
  }
  return worst;
}
