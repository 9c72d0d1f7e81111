/** The names that a dataset has for its genes: its own, and columns of ids or symbols. */

import { DataError } from "../errors.js";
import type { GeneTable } from "../readers/types.js";
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
    const isNamed = SYMBOL_COLUMNS.has(label.toLowerCase().replace(MARKS, ""));
    if (isNamed || (some.length > 0 && ids >= some.length / 2)) found.push([...texts]);
  }
  return found;
}

/** The first names, for a message. */
export function shown(names: readonly (readonly string[])[]): string {
  return (names[0] ?? [])
    .slice(0, 3)
    .map((name) => clip(name, 60))
    .join(", ");
}
