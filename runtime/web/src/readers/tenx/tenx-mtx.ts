/** Matrix Market files, of 10x and others: a matrix with the names of genes and cells beside it. */

import { DataError } from "../../errors.js";
import { withoutMissing } from "../../genes/missing.js";
import { checkShape } from "../bounds.js";
import { reading } from "../failures.js";
import { guarded } from "../h5ad/h5ad.js";
import { inMemory } from "../rows.js";
import { endings, type StoredFile } from "../stored-file.js";
import { readLines } from "../text/lines.js";
import type { Dataset, GeneColumn } from "../types.js";
import { readHead } from "./mtx-head.js";
import { namesBeside } from "./mtx-names.js";
import { readValues } from "./mtx-values.js";

const KIND = "a 10x matrix folder";

/**
 * Read a matrix of Cell Ranger, STARsolo, kallisto, alevin-fry or Expression Atlas, gzipped or not, into memory, as CSR.
 *
 * @param files - all that were given, those that name its genes and cells among them
 * @throws DataError when files are absent, damaged, or do not fit each other
 */
export function tenxMtxDataset(matrix: StoredFile, files: readonly StoredFile[]): Promise<Dataset> {
  return reading(matrix.name, KIND, async () => {
    const beside = namesBeside(matrix, files);
    const head = await readHead(matrix);
    checkShape(Math.min(head.rows, head.columns), Math.max(head.rows, head.columns));
    const most = 2 * Math.max(head.rows, head.columns) + 1000; // those of another matrix are told by their number
    const genes = await table(beside.genes, most);
    const symbols = beside.symbols ? (await table(beside.symbols, most))[0] : null;
    const cells = await table(beside.cells, most);
    const names = cells[0];
    const index = geneNames(genes, symbols);
    const [rows, columns] = [head.rows, head.columns];
    const isTurned = rows === index.length && columns === names.length;
    if (!isTurned && !(rows === names.length && columns === index.length))
      throw new DataError(
        `${matrix.name} is ${rows} x ${columns}, but there are names of ${index.length} genes and ${names.length} cells: ` +
          "the files are of different matrices, or cut short.",
      );
    const genesInRows = index.length === names.length ? beside.genesInRows : isTurned;
    const counts = await readValues(matrix, head, genesInRows);
    const var_ = {
      index,
      columns: about(genes, symbols).map((column) => ({ ...column, texts: withoutMissing(column.texts) })),
    };
    const dtype = head.dtype === "int64" && counts.values.every(isWhole) ? "int64" : "float64";
    const place = matrix.folder.split("/").pop();
    return {
      format: "10x-mtx",
      name: place || matrix.name,
      cells: names.length,
      var: var_,
      matrices: [guarded({ name: "X", layer: null, rows: inMemory(counts, dtype), var: var_ }, matrix.name, KIND)],
      cellNames: () => names,
      obs: new Map(further(cells, 1).map(({ label, texts }) => [label, texts])),
      notes: [],
      close: () => undefined,
    };
  });
}

/** The columns of a file of names, of tabs or, by its name, of commas; without quotes around them. */
async function table(file: StoredFile, most: number): Promise<string[][]> {
  const separator = endings(file.name).includes(".csv") ? "," : "\t";
  const rows = (await readLines(file, most)).map((line) => line.split(separator).map(unquoted));
  if (rows.length === 0) return [[]];
  // A row of fewer fields than the others have, such as of a gene that somebody added, takes nothing from these.
  const width = commonest(rows.map((row) => row.length));
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? ""));
}

/** The number that occurs most often; of several the one that comes first. */
function commonest(numbers: readonly number[]): number {
  const times = new Map<number, number>();
  for (const number of numbers) times.set(number, (times.get(number) ?? 0) + 1);
  let [found, most] = [0, 0];
  for (const [number, count] of times) if (count > most) [found, most] = [number, count];
  return found;
}

/** What genes are called: a symbol, or the id where there is none. */
function geneNames(columns: readonly string[][], symbols: readonly string[] | null): readonly string[] {
  const [ids, named] = columns;
  if (symbols && symbols.length === ids.length) return symbols;
  return named ? ids.map((id, gene) => named[gene] || id) : ids;
}

/** Whether a value is one of those that programs write as whole numbers. */
function isWhole(value: number): boolean {
  return Number.isSafeInteger(value);
}

function unquoted(field: string): string {
  const mark = field[0];
  return field.length > 1 && mark === field[field.length - 1] && (mark === '"' || mark === "'")
    ? field.slice(1, -1)
    : field;
}

/** What is known of the genes: id, type and place in the genome, as 10x has them in this order. */
function about(columns: readonly string[][], symbols: readonly string[] | null): GeneColumn[] {
  if (columns.length === 1 && symbols === null) return [];
  const found: GeneColumn[] = [{ label: "gene_ids", isText: true, texts: columns[0] }];
  if (columns.length > 2) found.push({ label: "feature_types", isText: true, texts: columns[2] });
  if (columns.length === 6) {
    const [chromosome, start, end] = columns.slice(3);
    const texts = chromosome.map((c, i) => (c ? `${c}:${start[i]}-${end[i]}` : ""));
    return [...found, { label: "interval", isText: true, texts }];
  }
  return [...found, ...further(columns, 3)];
}

/** Columns that have no name, but for those that say the same as the first. */
function further(columns: readonly string[][], first: number): GeneColumn[] {
  const found: GeneColumn[] = [];
  for (const [n, texts] of columns.entries())
    if (n >= first && texts.some((text, i) => text !== columns[0][i]))
      found.push({ label: `column_${n + 1}`, isText: true, texts });
  return found;
}
