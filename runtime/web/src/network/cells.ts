/** Cells of a dataset in the genes of a model. */

import type { GeneIndex } from "../bundle/types.js";
import type { Alignment } from "../genes/types.js";
import type { Csr } from "../readers/types.js";
import { sizeFactors } from "./size-factors.js";
import type { InputCells } from "./types.js";

/** Where each column of a dataset goes in a model; made once, used for every block. */
export class GeneMap {
  /** For every column of the dataset its gene's row in the gene index; -1 for none. */
  readonly geneOfColumn: Int32Array;
  /** For every column of the dataset its place among the graph's inputs; -1 for none. */
  readonly inputOfColumn: Int32Array;
  /** Number of genes of the model. */
  readonly genes: number;
  /** Number of input genes of the model. */
  readonly inputs: number;
  /**
   * What the graph is given for each input gene in a cell of size factor 1: the gene's neutral count where the dataset
   * lacks it, else 0.
   */
  readonly fill: Float32Array;
  /** Mean count of each model gene in a training cell of size factor 1. */
  readonly means: Float64Array;
  /** 1 for every model gene that the dataset has. */
  readonly measured: Uint8Array;
  readonly #missing: Int32Array;

  constructor(geneOfColumn: Int32Array, measured: Uint8Array, genes: GeneIndex) {
    const place = new Int32Array(genes.length).fill(-1);
    for (const [input, row] of genes.inputs.entries()) place[row] = input;
    this.geneOfColumn = geneOfColumn;
    this.inputOfColumn = geneOfColumn.map((row) => (row < 0 ? -1 : place[row]!));
    this.genes = genes.length;
    this.inputs = genes.inputs.length;
    this.fill = Float32Array.from(genes.inputs, (row) => (measured[row] ? 0 : genes.neutral[row]!));
    this.means = genes.mean;
    this.measured = measured;
    this.#missing = Int32Array.from(this.fill.keys()).filter((input) => this.fill[input] !== 0);
  }

  /**
   * Bring counts into the genes that the model reads.
   *
   * A cell without counts in the shared genes has the size factor 0, and is given the neutral counts of size factor 1: a
   * graph is not run at 0.
   *
   * @param counts - cells x the dataset's genes
   */
  inputCells(counts: Csr): InputCells {
    const { cells, indptr, indices, values } = counts;
    const width = this.inputs;
    const inputs = new Float32Array(cells * width);
    const inputCounts = new Float64Array(cells);
    const factors = this.sizeFactors(counts);
    for (let cell = 0; cell < cells; cell++) {
      const start = cell * width;
      for (let entry = indptr[cell]!; entry < indptr[cell + 1]!; entry++) {
        const input = this.inputOfColumn[indices[entry]!]!;
        if (input < 0) continue;
        inputs[start + input]! += values[entry]!;
        inputCounts[cell]! += values[entry]!;
      }
      const factor = factors[cell]! || 1;
      for (const input of this.#missing) inputs[start + input] = factor * this.fill[input]!;
    }
    return { cells, inputs, sizeFactors: factors, inputCounts };
  }

  /** Size factors of counts, cells x the dataset's genes; 0 for a cell without counts in the shared genes. */
  sizeFactors(counts: Csr): Float32Array {
    return sizeFactors(counts, this.means, this.measured, this.geneOfColumn);
  }

  /**
   * Bring counts into all genes of the model, those of several columns of one gene summed.
   *
   * @param counts - cells x the dataset's genes
   * @returns cells x the model's genes
   */
  modelCounts(counts: Csr): Csr {
    const indptr = new Float64Array(counts.cells + 1);
    const indices = new Int32Array(counts.indices.length);
    const values = new Float32Array(counts.indices.length);
    const sums = new Float32Array(this.genes);
    let end = 0;
    for (let cell = 0; cell < counts.cells; cell++) {
      const start = end;
      for (let entry = counts.indptr[cell]!; entry < counts.indptr[cell + 1]!; entry++) {
        const row = this.geneOfColumn[counts.indices[entry]!]!;
        if (row < 0 || counts.values[entry] === 0) continue;
        if (sums[row] === 0) indices[end++] = row;
        sums[row]! += counts.values[entry]!;
      }
      indices.subarray(start, end).sort();
      for (let entry = start; entry < end; entry++) {
        const row = indices[entry]!;
        values[entry] = sums[row]!;
        sums[row] = 0;
      }
      indptr[cell + 1] = end;
    }
    return {
      cells: counts.cells,
      genes: this.genes,
      indptr,
      indices: indices.slice(0, end),
      values: values.slice(0, end),
    };
  }
}

/** Where the columns of an aligned dataset go. */
export function mapGenes(alignment: Alignment, genes: GeneIndex): GeneMap {
  return mapColumns(
    alignment.geneOfColumn,
    Uint8Array.from(alignment.columnOfGene, (column) => (column >= 0 ? 1 : 0)),
    genes,
  );
}

/**
 * Where columns go of which the genes are known.
 *
 * @param geneOfColumn - for every column its gene's row in the gene index; -1 for none
 * @param measured - 1 for every model gene that the dataset has
 */
export function mapColumns(geneOfColumn: Int32Array, measured: Uint8Array, genes: GeneIndex): GeneMap {
  return new GeneMap(geneOfColumn, measured, genes);
}
