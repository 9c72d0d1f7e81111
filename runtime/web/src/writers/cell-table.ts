/** A table of one row a cell: types, probabilities, coordinates. */

import { CsvFile } from "./csv.js";
import { shortNumber } from "./numbers.js";
import {
  type CellMatrix,
  type Column,
  cellMatrices,
  type NamedCells,
  type PlacedCells,
  typeColumns,
} from "./results.js";

/**
 * Write what is known of cells, as Python's `cellfill annotate --output FILE.csv` does.
 *
 * @param cells - names of the cells, the first column
 */
export function cellTable(cells: readonly string[], named: NamedCells | null, placed: PlacedCells | null): Blob {
  const columns = named ? typeColumns(named) : new Map<string, Column>();
  const matrices = cellMatrices(named, placed);
  const file = new CsvFile();
  file.add([columns.has("cell") ? "" : "cell", ...columns.keys(), ...matrices.flatMap(heads)]);
  for (let cell = 0; cell < cells.length; cell++) {
    const row = [cells[cell]];
    for (const column of columns.values()) row.push(field(column[cell]));
    for (const { columns: names, values } of matrices) {
      const start = cell * names.length;
      for (let place = 0; place < names.length; place++) row.push(shortNumber(values[start + place]));
    }
    file.add(row);
  }
  return file.end();
}

function heads(matrix: CellMatrix): string[] {
  return matrix.columns.map((column) => `${matrix.name}:${column}`);
}

function field(value: string | number): string {
  return typeof value === "number" ? shortNumber(value) : value;
}
