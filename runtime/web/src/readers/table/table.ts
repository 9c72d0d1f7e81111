/** Text tables of counts: commas, tabs, semicolons or blanks; genes or cells in rows; gzipped or not. */

import { withoutMissing } from "../../genes/missing.js";
import { checkShape } from "../bounds.js";
import { reading } from "../failures.js";
import { guarded } from "../h5ad/h5ad.js";
import { inMemory } from "../rows.js";
import { turned } from "../sparse.js";
import type { StoredFile } from "../stored-file.js";
import type { Dataset } from "../types.js";
import { findLayout, KIND } from "./layout.js";
import { MISSING } from "./number.js";
import { readTable } from "./numbers.js";
import { chooseOrientation } from "./orientation.js";

/**
 * Read a table of counts into memory, sparse, float32, some lines at a time.
 *
 * The first line names the columns. Columns of text before the numbers are the names of the rows and what is known of
 * them (`gene_id`, `gene_name`, ...). A header that is one field shorter than the lines (R's `write.table`) names the
 * columns of numbers only. Lines of # before it, a separator at the end of lines, decimal commas and UTF-16 are read as
 * what they are.
 *
 * @throws DataError when it is no table of numbers with a line of names, or lines are of different lengths
 */
export function tableDataset(file: StoredFile): Promise<Dataset> {
  return reading(file.name, KIND, async () => {
    const layout = await findLayout(file);
    const { numbers, texts } = await readTable(file, layout);
    const rows = texts[0] ?? Array.from({ length: numbers.cells }, (_, row) => String(row));
    const about = new Map(layout.labels.slice(1).map((label, i) => [label, texts[i + 1]]));
    const { found, why } = chooseOrientation(rows, layout.columns);
    const isTurned = found === "genes-in-rows";
    const matrix = isTurned ? turned(numbers) : numbers;
    checkShape(matrix.cells, matrix.genes);
    const var_ = isTurned
      ? {
          index: rows,
          columns: [...about].map(([label, values]) => ({ label, isText: true, texts: withoutMissing(values) })),
        }
      : { index: layout.columns, columns: [] };
    const names = isTurned ? layout.columns : rows;
    const comesOut = isTurned ? "; what comes out has cells in rows" : "";
    return {
      format: "table",
      name: file.name,
      cells: names.length,
      var: var_,
      matrices: [
        guarded({ name: "X", layer: null, rows: inMemory(matrix, "float32"), var: var_ }, file.name, KIND),
      ],
      cellNames: () => names,
      obs: isTurned ? new Map() : new Map([...about].map(([label, values]) => [label, values.map(known)])),
      notes: [`The table was read with ${found.replaceAll("-", " ")}: ${why}${comesOut}.`],
      close: () => undefined,
    };
  });
}

/** What a field says of a cell; as Python shows it where it says that it is not known. */
function known(field: string): string {
  return MISSING.has(field) ? "nan" : field;
}
