/** The genes of a dataset as Cell Ranger lists them: id, symbol, type. */

import { featureKinds } from "../genes/kinds.js";
import { areNumbers, mostlyIds, symbolsIn } from "../genes/names.js";
import type { GeneTable } from "../readers/types.js";

/** A name as a field of a table of tabs can hold it. */
export function oneLine(name: string): string {
  return name.replace(/[\t\r\n]/g, " ");
}

/** Return the lines of `features.tsv`; a name stands for what is absent. */
export function features(genes: GeneTable): string {
  const names = genes.index.map(oneLine);
  const hasIds = mostlyIds(names);
  const ids = hasIds ? names : idsOf(genes);
  const symbols = hasIds || areNumbers(names) ? (symbolsIn(genes.columns) ?? ids) : names;
  const { types } = featureKinds(genes);
  const held = (texts: readonly string[], gene: number) => oneLine(texts[gene]) || names[gene];
  return names.map((_, gene) => `${held(ids, gene)}\t${held(symbols, gene)}\t${oneLine(types[gene])}\n`).join("");
}

/** The column that holds ids, or the own names where none does. */
function idsOf({ index, columns }: GeneTable): readonly string[] {
  const usual = columns.findLast(({ label }) => label === "gene_ids");
  return (usual ?? columns.find(({ texts }) => mostlyIds(texts)))?.texts ?? index;
}
