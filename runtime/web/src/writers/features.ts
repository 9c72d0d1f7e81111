/** The genes of a dataset as Cell Ranger lists them: id, symbol, type. */

import { featureKinds } from "../genes/kinds.js";
import type { GeneTable } from "../readers/types.js";

const SYMBOLS = ["feature_name", "gene_symbols", "gene_symbol", "gene_name", "symbol"];
const ENSEMBL = /^ENS[A-Z]{0,6}G\d{11}(\.\d+)?$/;

/** A name as a field of a table of tabs can hold it. */
export function oneLine(name: string): string {
  return name.replace(/[\t\r\n]/g, " ");
}

/** Return the lines of `features.tsv`; a name stands for what is absent. */
export function features(genes: GeneTable): string {
  const names = genes.index.map(oneLine);
  const columns = new Map(genes.columns.map((column) => [column.label, column.texts]));
  let ids: readonly string[] = names;
  let symbols: readonly string[] = names;
  if (mostlyIds(names)) {
    const label = SYMBOLS.find((candidate) => columns.has(candidate));
    symbols = (label === undefined ? undefined : columns.get(label)) ?? names;
  } else {
    ids = columns.get("gene_ids") ?? [...columns.values()].find((texts) => mostlyIds(texts)) ?? names;
  }
  const { types } = featureKinds(genes);
  return names
    .map((_, gene) => `${oneLine(ids[gene])}\t${oneLine(symbols[gene])}\t${oneLine(types[gene])}\n`)
    .join("");
}

function mostlyIds(names: readonly string[]): boolean {
  let found = 0;
  for (const name of names) if (ENSEMBL.test(name)) found++;
  return names.length > 0 && found * 2 >= names.length;
}
