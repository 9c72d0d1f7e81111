/** The names that a dataset has for its genes: its own, and columns of ids or symbols. */

import { DataError } from "../errors.js";
import type { GeneColumn, GeneTable } from "../readers/types.js";
import { clip, quoted } from "../text/quoting.js";
import { python } from "./python-text.js";
import { isEnsemblId } from "./spelling.js";

// What a column of symbols is called by 10x, CELLxGENE, biomaRt, org.*.eg.db, monocle, scater and loom: in lower case,
// without blanks, dots, dashes or underscores.
const SYMBOL_COLUMNS: ReadonlySet<string> = new Set([
  ...["gene", "genes", "genename", "genenames", "geneid", "genesymbol", "genesymbols", "geneshortname"],
  ...["feature", "features", "featurename", "featurenames"],
  ...["symbol", "symbols", "sym", "externalgenename", "hgnc", "hgncsymbol", "mgisymbol", "rgdsymbol"],
  ...["officialsymbol", "officialgenesymbol", "associatedgenename"],
]);
/** What columns of symbols are called most often, the likeliest first. */
const USUAL = ["feature_name", "gene_symbols", "gene_symbol", "gene_name", "symbol"];
const MARKS = python(String.raw`[\s._-]`, "anywhere", "g");
const LOOKED_AT = 200;

/**
 * The dataset's own names, and those columns of var that hold Ensembl ids or symbols.
 *
 * A text column counts when at least half of its first values are Ensembl gene ids, or when it has one of the usual names
 * of a symbol column, in any case.
 *
 * @param options - `geneColumn`: the one column that names the genes; nothing else is looked at then
 * @returns sets of names, each with one for every column of the counts
 * @throws DataError when there is no such column
 */
export function nameColumns(var_: GeneTable, options: { geneColumn?: string } = {}): string[][] {
  const { geneColumn } = options;
  if (geneColumn !== undefined) {
    const named = var_.columns.find((column) => column.label === geneColumn);
    if (named !== undefined) return [[...named.texts]];
    const have = var_.columns.slice(0, 10).map((column) => column.label);
    throw new DataError(`var has no column ${quoted(geneColumn)}; columns: ${have.join(", ") || "none"}.`);
  }
  const found = [[...var_.index]];
  for (const { label, isText, texts } of var_.columns) {
    if (!isText) continue;
    const some = texts.slice(0, LOOKED_AT);
    const ids = some.filter(isEnsemblId).length;
    if (isSymbolLabel(label) || (some.length > 0 && ids >= some.length / 2)) found.push([...texts]);
  }
  return found;
}

/** Whether a column of this name holds symbols, as far as its name says. */
export function isSymbolLabel(label: string): boolean {
  return SYMBOL_COLUMNS.has(label.toLowerCase().replace(MARKS, ""));
}

/** The column that holds symbols beside ids: one of a usual name, or of any that symbols have; null where none does. */
export function symbolsIn(columns: readonly GeneColumn[]): readonly string[] | null {
  const usual = USUAL.map((label) => columns.findLast((column) => column.label === label)).find(Boolean);
  const isOther = ({ label, isText, texts }: GeneColumn) =>
    isText && isSymbolLabel(label) && !mostlyIds(texts) && !areNumbers(texts);
  return (usual ?? columns.find(isOther))?.texts ?? null;
}

/** Whether at least half of some names are Ensembl gene ids. */
export function mostlyIds(names: readonly string[]): boolean {
  let found = 0;
  for (const name of names) if (isEnsemblId(name)) found++;
  return names.length > 0 && found * 2 >= names.length;
}

/** Whether names are numbers alone, as of rows that have none. */
export function areNumbers(names: readonly string[]): boolean {
  return names.some((name) => name !== "") && names.every((name) => /^\d*$/.test(name));
}

/** The first names, for a message. */
export function shown(names: readonly (readonly string[])[]): string {
  return (names[0] ?? [])
    .slice(0, 3)
    .map((name) => clip(name, 60))
    .join(", ");
}
