/** Which axis of a table holds the genes, by what the names look like. */

import { python } from "../../genes/python-text.js";

export type Orientation = "genes-in-rows" | "cells-in-rows";

const MOST_NAMES = 2000; // of an axis are looked at, evenly spread
const CLEAR = 0.05; // the difference of the scores from which on names decide

// Ids of Ensembl, FlyBase, WormBase, TAIR and SGD; families of genes whose names are written in no other way.
const SURELY_GENE = python(
  String.raw`(ENS[A-Z]*[GT]\d{11}|FBgn\d{7}|WBGene\d{8}|AT[1-5CM]G\d{5}|Y[A-P][LR]\d{3}[WC])(\.\d+|-[A-Z])?` +
    String.raw`|(MT|HLA|H2|RP\d+|CTD|AC\d+)-.+|LINC\d+|LOC\d+|Gm\d+|\d+[A-Z]\d+Rik|RP[LS]P?\d+[AXYL]?\d*` +
    String.raw`|(ZNF|SLC|TMEM|KRT|COL|CCL|CXCL|CD|FAM|MRPL|MRPS|NDUF|PSM|EIF|KIF)\d*[A-Z]*\d+[A-Z]*\d*(-.+)?` +
    "|(GAPDH|ACTB|MALAT1|B2M|XIST|NEAT1|TMSB4X|EEF1A1|FTL|FTH1)",
  "whole",
  "i",
);
const MAYBE_GENE = python(
  String.raw`[A-Z][A-Z0-9]*[A-Z0-9.-]{1,14}|[A-Z][a-z0-9.-]{1,14}|[a-z]+-?\d+(\.\d+)?`,
  "whole",
);
const SURELY_CELL = python(
  String.raw`.*[ACGTN]{8,}([-_.]\w+)*|(cell|barcode|sample|bc|well|[SED]RR|GSM)[-_. ]?\d+.*|[A-P]\d{1,2}([-_.].*)?` +
    String.raw`|\d+(\.\d+)?`,
  "whole",
  "i",
);
const COUNTER = /\p{Nd}+/gu;

/** How much the names of an axis look like genes: 1 all of them surely, -1 all surely cells. */
export function geneScore(names: readonly string[]): number {
  const step = Math.max(1, Math.ceil(names.length / MOST_NAMES));
  const some = names.filter((_, place) => place % step === 0);
  if (some.length === 0) return 0;
  const { stem, count } = mostCommonStem(some);
  const total = some.reduce((sum, name) => sum + score(name), 0) / some.length;
  // One stem and a counter: names that somebody gave to cells.
  if (count > 0.8 * some.length && some.length > 1 && Math.abs(total) < 1 && !isGeneStem(stem)) return -0.5;
  return total;
}

/**
 * What the rows of a table are, and why.
 *
 * The axis whose names look more like genes holds the genes; where that does not tell, the longer one.
 */
export function chooseOrientation(
  rows: readonly string[],
  columns: readonly string[],
): { found: Orientation; why: string } {
  const difference = geneScore(rows) - geneScore(columns);
  if (Math.abs(difference) >= CLEAR) {
    const names = difference > 0 ? rows : columns;
    return {
      found: difference > 0 ? "genes-in-rows" : "cells-in-rows",
      why: `names such as ${names.slice(0, 2).join(", ")} look like genes`,
    };
  }
  return {
    found: rows.length > columns.length ? "genes-in-rows" : "cells-in-rows",
    why: "the names do not tell, and the longer axis is taken for the genes",
  };
}

function mostCommonStem(names: readonly string[]): { stem: string; count: number } {
  const counts = new Map<string, number>();
  for (const name of names) {
    const stem = name.replace(COUNTER, "#");
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  let best = { stem: "", count: 0 };
  for (const [stem, count] of counts) if (count > best.count) best = { stem, count };
  return best;
}

function isGeneStem(stem: string): boolean {
  return stem.toLowerCase().startsWith("gene") || SURELY_GENE.test(stem.replaceAll("#", "00000000001"));
}

function score(name: string): number {
  if (SURELY_GENE.test(name)) return 1;
  if (SURELY_CELL.test(name)) return -1;
  return MAYBE_GENE.test(name) ? 0.25 : 0;
}
