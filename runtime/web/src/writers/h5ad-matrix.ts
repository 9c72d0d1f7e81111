/** A sparse matrix that grows row by row in a group of an HDF5 file, encoded as anndata does. */

import type { Dataset, Group } from "h5wasm";
import type { Csr } from "../readers/types.js";
import { addNumbers, mark } from "./h5ad-elements.js";

const CHUNK = 1 << 18;
/** Of gzip; it makes less than half of the places, and little less of the values. */
const LEVEL = 1;

/** Writes blocks of cells into a new group `name`, CSR, float32. */
export class CsrWriter {
  readonly #group: Group;
  readonly #data: GrowingArray;
  readonly #indices: GrowingArray;
  readonly #indptr: BigInt64Array;
  readonly #genes: number;
  #cells = 0;
  #values = 0;

  constructor(parent: Group, name: string, shape: readonly [cells: number, genes: number]) {
    this.#group = parent.create_group(name);
    this.#genes = shape[1];
    this.#indptr = new BigInt64Array(shape[0] + 1);
    this.#data = new GrowingArray(this.#group, "data", new Float32Array(0));
    this.#indices = new GrowingArray(this.#group, "indices", new Int32Array(0));
  }

  /** Append a block of cells. */
  add(block: Csr): void {
    const start = block.indptr[0];
    const end = block.indptr[block.cells];
    const values = block.values.subarray(start, end);
    this.#data.append(values instanceof Float32Array ? values : Float32Array.from(values));
    this.#indices.append(block.indices.subarray(start, end));
    for (let cell = 0; cell < block.cells; cell++)
      this.#indptr[++this.#cells] = BigInt(this.#values + block.indptr[cell + 1] - start);
    this.#values += end - start;
  }

  /** Write what is known at the end. */
  finish(): void {
    addNumbers(this.#group, "indptr", this.#indptr);
    mark(this.#group, "csr_matrix", "0.1.0");
    this.#group.create_attribute("shape", BigInt64Array.of(BigInt(this.#cells), BigInt(this.#genes)));
  }
}

/** An array that is written from its start on. */
class GrowingArray {
  readonly #array: Dataset;
  #length = 0;

  constructor(group: Group, name: string, data: Float32Array | Int32Array) {
    const grows = { shape: [0], maxshape: [null], chunks: [CHUNK], compression: LEVEL };
    this.#array = group.create_dataset({ name, data, ...grows });
  }

  append(values: Float32Array | Int32Array): void {
    if (values.length === 0) return;
    const end = this.#length + values.length;
    this.#array.resize([end]);
    this.#array.write_slice([[this.#length, end]], values);
    this.#length = end;
  }
}
