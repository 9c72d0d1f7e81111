/** The table of types: how many cells, how sure, and whether a type looks off as a whole. */

import { median } from "../../maths/statistics.js";
import { UNASSIGNED } from "./columns.js";

// A type of fewer cells is not judged as a whole.
const FEW = 10;
// Median product of ranks, among known cells, below which a type is probably another one: types of studies that trained
// nothing have .08 and more, thinned to 30 % of their molecules too.
const OFF = 0.05;

/** One type in the result. */
export interface TypeRow {
  /** Of the type, or `unassigned`. */
  readonly name: string;
  /** How many have it. */
  readonly cells: number;
  /** Their mean probability; NaN where none has one. */
  readonly probability: number;
  /** Median of how typical they are of it; NaN where the model cannot say. */
  readonly typical: number;
  /** Whether they score badly together, as another type, state or tissue does. */
  readonly off: boolean;
}

/** What was found of cells that were named, one value a cell. */
export interface NamedCells {
  readonly types: readonly string[];
  /** NaN for cells without counts. */
  readonly probability: Float32Array;
  readonly typical: Float32Array | null;
  readonly leaves: readonly string[];
}

/**
 * One row a type, the most frequent first, unassigned cells last.
 *
 * Only the leaves are judged as a whole, since cells of an open type are typical of none.
 */
export function typeRows({ types, probability, typical, leaves }: NamedCells): TypeRow[] {
  const cellsOf = new Map<string, number[]>();
  for (const [cell, name] of types.entries()) {
    const found = cellsOf.get(name);
    if (found) found.push(cell);
    else cellsOf.set(name, [cell]);
  }
  const rows = Array.from(cellsOf, ([name, cells]): TypeRow => {
    const ranks = typical === null ? [] : cells.map((cell) => typical[cell]).filter(Number.isFinite);
    const sure = cells.map((cell) => probability[cell]).filter(Number.isFinite);
    const middle = median(Float32Array.from(ranks));
    return {
      name,
      cells: cells.length,
      probability: sure.reduce((sum, value) => sum + value, 0) / sure.length,
      typical: middle,
      off: leaves.includes(name) && ranks.length >= FEW && middle < OFF,
    };
  });
  const last = (row: TypeRow) => (row.name === UNASSIGNED ? 1 : 0);
  return rows.sort((a, b) => last(a) - last(b) || b.cells - a.cells || (a.name < b.name ? -1 : 1));
}
