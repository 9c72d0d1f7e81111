/** A table of some genes in all cells: counts as they were observed, and as they are filled. */

import { CsvFile } from "./csv.js";
import { numberText } from "./numbers.js";

/** One gene in all cells. */
export interface GeneCounts {
  readonly name: string;
  readonly observed: Float32Array;
  readonly filled: Float32Array;
}

/** Write two columns a gene, `NAME` and `NAME imputed`, a row a cell. */
export function geneTable(cells: readonly string[], genes: readonly GeneCounts[]): Blob {
  const file = new CsvFile();
  file.add(["cell", ...genes.flatMap((gene) => [gene.name, `${gene.name} imputed`])]);
  for (let cell = 0; cell < cells.length; cell++) {
    const row = [cells[cell]];
    for (const gene of genes) row.push(numberText(gene.observed[cell]), numberText(gene.filled[cell]));
    file.add(row);
  }
  return file.end();
}
