/** What every reader gives: the matrices of a dataset, by blocks of cells, and the names of its genes. */

import type { StoredFile } from "./stored-file.js";

/** Cells x genes, CSR; values as they are stored (counts are checked elsewhere). Duplicates are summed, zeros dropped, columns ascending. */
export interface Csr {
  readonly cells: number;
  readonly genes: number;
  /** cells + 1 places. */
  readonly indptr: Float64Array;
  readonly indices: Int32Array;
  readonly values: Float64Array | Float32Array;
}

/** A text or number column of the genes' table (var). */
export interface GeneColumn {
  readonly label: string;
  readonly isText: boolean;
  readonly texts: readonly string[];
}

/** The genes of a matrix: their own names, and the columns of var. */
export interface GeneTable {
  readonly index: readonly string[];
  readonly columns: readonly GeneColumn[];
}

/** One matrix of a dataset. */
export interface Matrix {
  /** As a message names it: `X`, `layers['counts']`, `raw.X`. */
  readonly name: string;
  /** Key of layers; null for X and raw.X. */
  readonly layer: string | null;
  readonly cells: number;
  readonly genes: number;
  /** How a value is stored: "float32", "int64", ... */
  readonly dtype: string;
  readonly var: GeneTable;
  /** Read cells from..to (exclusive); reads no more of the file than it must. */
  read(from: number, to: number): Promise<Csr>;
}

export type Format = "h5ad" | "10x-h5" | "10x-mtx" | "table";

/** Cells x genes, opened; nothing but names was read. */
export interface Dataset {
  readonly format: Format;
  /** Name of the file, for messages and for what is downloaded. */
  readonly name: string;
  /** The one file that it is in, of those that were chosen or of an archive; none where it is in several. */
  readonly own?: StoredFile;
  readonly cells: number;
  readonly var: GeneTable;
  /** X first, then the layers, then raw.X. */
  readonly matrices: readonly Matrix[];
  /** Names of the cells. */
  cellNames(): readonly string[];
  /** Columns of obs that are text or categories, by name (h5ad); to colour a map by. */
  readonly obs: ReadonlyMap<string, readonly string[]>;
  /** What a person should know of how it was read, a sentence each. */
  readonly notes: readonly string[];
  /** That results cannot be added to its own file, an .h5ad of before anndata 0.7: what is saved is written anew. */
  readonly isOld?: boolean;
  /** Gives the file back. */
  close(): void;
}
