/** What the tasks gave, gathered for a file: the names are those that Python's results have. */

import type { Annotated, Embedded } from "../tasks/types.js";

/** A plain value of a record. */
export type Plain = string | number | boolean | readonly string[] | { readonly [key: string]: Plain };

/** A record of how a result came about: what stands in `uns`. */
export type Record = { readonly [key: string]: Plain };

/** Results of naming cells, with their record. */
export interface NamedCells {
  readonly annotated: Annotated;
  /** What they are called, and what the names of all that belongs to them begin with. */
  readonly stem: string;
  readonly record: Record;
}

/** Results of placing cells, with their record. */
export interface PlacedCells {
  readonly embedded: Embedded;
  /** What they are called. */
  readonly stem: string;
  readonly record: Record;
}

/** A column of obs or var. */
export type Column = readonly string[] | Float32Array;

/** Columns of obs that types make; the names are those of Python where `key_added` is the stem. */
export function typeColumns({ annotated, stem }: Pick<NamedCells, "annotated" | "stem">): Map<string, Column> {
  const columns = new Map<string, Column>([
    [stem, annotated.types],
    [`${stem}_probability`, annotated.probability],
    [`${stem}_reason`, annotated.reason],
  ]);
  if (annotated.typical) columns.set(`${stem}_typical`, annotated.typical);
  return columns;
}

/** A matrix of obsm, cells x columns, row by row. */
export interface CellMatrix {
  readonly name: string;
  readonly columns: readonly string[];
  readonly values: Float32Array;
}

/** Matrices of obsm: probabilities of the types, coordinates. */
export function cellMatrices(named: NamedCells | null, placed: PlacedCells | null): CellMatrix[] {
  const found: CellMatrix[] = [];
  if (named) {
    const { leaves, probabilities } = named.annotated;
    found.push({ name: `${named.stem}_probabilities`, columns: leaves, values: probabilities });
  }
  if (placed) {
    const { dimensions, coordinates } = placed.embedded;
    found.push({ name: placed.stem, columns: dimensions, values: coordinates });
  }
  return found;
}
