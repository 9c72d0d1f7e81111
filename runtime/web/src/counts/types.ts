/** The counts of a dataset, found: what every task begins with. */

import type { ColumnNames } from "../genes/types.js";
import type { Csr, Dataset, Matrix } from "../readers/types.js";

/** Where the counts come from, decided. */
export interface Source {
  readonly dataset: Dataset;
  readonly matrix: Matrix;
  /** One line: what was seen, and why this was chosen; Python's words. */
  readonly saw: string;
  readonly names: ColumnNames;
  /** For every gene of the dataset its column in the matrix; null where they are the same. */
  readonly columns: Int32Array | null;
  /** Read the counts of some cells, checked; values Float32Array. Throws CountsError. */
  counts(from: number, to: number): Promise<Csr>;
}
