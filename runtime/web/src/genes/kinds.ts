/** What the columns of a matrix count: genes, or antibodies, guides, peaks and the like, which are no RNA. */

import type { GeneColumn, GeneTable } from "../readers/types.js";
import { byCharacters, clip, commas } from "../text/quoting.js";
import { ANTIBODY, GENE, type Kind, labelIsOfBiotypes, labelIsOfTypes, PEAK, typeOf } from "./kind-words.js";
import { antibodiesAmong } from "./panels.js";
import { isAlphanumeric, python, stripped } from "./python-text.js";

/** What each feature is by a column of var; null for what it does not know. */
type Said = readonly (Kind | null)[];

/** What the columns of a matrix count. */
export interface FeatureKinds {
  /** The type of each, as Cell Ranger calls it where it is one of its own. */
  readonly types: readonly Kind[];
  /** Which are gene expression; null where nothing says that any is not. */
  readonly expression: boolean[] | null;
  /** What told it, where that is not a column `feature_types`; empty for nothing to say. */
  readonly note: string;
}

const MOST_TYPES = 64; // columns of more values say something else
const MISSING: ReadonlySet<string> = new Set(["", "nan", "na", "none", "<na>", "unknown"]);
// Names that no gene has: CITE-seq's, and regions of the genome.
const CALLED_ANTIBODY = python(
  String.raw`(ADT|HTO|Ab|AbSeq|CITE|prot|protein|antibody|anti|hashtag)[-_.:| ]\S.*` +
    String.raw`|.*[-_.:| ](ADT|HTO|prot|protein|antibody|pAbO|AbSeq|Isotype(_?Ctrl|_?Control)?)([-.]\d+)?` +
    String.raw`|.*Total-?Seq.*|.*\|AHS\d{4}\b.*|Hashtag_\d+.*`,
  "whole",
  "i",
);
const CALLED_PEAK = python(String.raw`(GRCh38_+|mm10_+|hg38_+)?chr(\d{1,2}|[XYM]|MT)[:_-]\d+[-_]\d+`, "whole", "i");

/**
 * Tell genes from other features: by a column of types, by its values whatever its name, else by the names.
 *
 * A column is one of types if it is called `feature_types`, `feature_type`, `modality` or the like, or holds
 * "Gene Expression". Where none of these names the type of every feature, one of any name does whose values are all
 * words for types, some of genes and fewer of others. Of several columns each may say that a feature is no gene. What none
 * of them knows is no gene where another is said to be one, and else a gene. Where no column tells, names do that no gene
 * has (`CD3_TotalSeqB`, `ADT-CD4`, `chr1:100-200`), and panels of antibodies that double genes (`CD4-1`).
 */
export function featureKinds(var_: GeneTable): FeatureKinds {
  const features = var_.index.length;
  const sure = columnsOfTypes(var_.columns, typesSurelyIn);
  const likely = columnsOfTypes(var_.columns, typesLikelyIn);
  const isWhole = !together(sure, features).includes(null);
  const columns = likely.size > 0 && isWhole ? sure : new Map([...sure, ...likely]);
  const types = together(columns, features);
  if (types.some(isOther)) {
    const rest = types.includes(GENE) ? "Custom" : GENE;
    const found = types.map((kind) => kind || rest);
    return { types: found, expression: found.map((kind) => kind === GENE), note: byColumn(columns, found) };
  }
  if (likely.size > 0 && isWhole)
    return { types: allGenes(features), expression: null, note: byNone(likely, [...sure.keys()][0] ?? "") };
  return kindsByNames(var_);
}

/** The genes of `raw`, with the types of the dataset's own genes where raw has none. */
export function withTypesOf(var_: GeneTable, whole: GeneTable): GeneTable {
  if (var_ === whole || featureKinds(var_).expression !== null) return var_;
  const known = featureKinds(whole);
  if (known.expression === null) return var_;
  const byName = new Map(whole.index.map((name, place) => [name, known.types[place] ?? GENE]));
  const texts = var_.index.map((name) => byName.get(name) ?? GENE);
  return { ...var_, columns: [...var_.columns, { label: "feature_types", isText: true, texts }] };
}

function kindsByNames(var_: GeneTable): FeatureKinds {
  const names = var_.index;
  const types = allGenes(names.length);
  let [others, first] = [0, -1];
  const set = (place: number, kind: Kind): void => {
    if (types[place] === GENE) others++;
    if (first < 0 || place < first) first = place;
    types[place] = kind;
  };
  for (const [place, name] of names.entries()) {
    if (isAlphanumeric(name)) continue;
    if (CALLED_ANTIBODY.test(name)) set(place, ANTIBODY);
    else if (CALLED_PEAK.test(name)) set(place, PEAK);
  }
  const texts = var_.columns.filter((column) => column.isText).map((column) => column.texts);
  for (const place of antibodiesAmong(names, texts)) set(place, ANTIBODY);
  if (others === 0) return { types, expression: null, note: "" };
  const note =
    `${commas(others)} of the ${commas(names.length)} features (${clip(names[first] ?? "", 60)}, for example) ` +
    "are called as antibodies or peaks are, though no column says so, and are not taken for genes.";
  return { types, expression: types.map((kind) => kind === GENE), note };
}

function allGenes(features: number): Kind[] {
  return new Array<Kind>(features).fill(GENE);
}

function isOther(kind: Kind | null): boolean {
  return kind !== GENE && kind !== null;
}

/** The types by each column that tells them in a way. */
function columnsOfTypes(
  columns: readonly GeneColumn[],
  typesIn: (column: GeneColumn) => Said | null,
): Map<string, Said> {
  const found = new Map<string, Said>();
  for (const column of columns) {
    const said = column.isText ? typesIn(column) : null;
    if (said !== null) found.set(column.label, said);
  }
  return found;
}

/** The type of each feature by all columns: that of no gene, where one says so. */
function together(columns: ReadonlyMap<string, Said>, features: number): Said {
  const all = [...columns.values()];
  return Array.from({ length: features }, (_, place) => {
    const said = all.map((column) => column[place] ?? null);
    return said.find(isOther) ?? (said.includes(GENE) ? GENE : null);
  });
}

/** The types of a column that is one of types by its label or by Cell Ranger's own word; null if it is none. */
function typesSurelyIn({ label, texts }: GeneColumn): Said | null {
  const known = typesOfValues(texts);
  const said = [...known].filter(([value]) => !isMissing(value));
  if (!labelIsOfTypes(label) && !said.some(([value]) => value === GENE)) return null;
  const genesNamed = said.some(([, kind]) => kind === GENE);
  if (!genesNamed && !said.some(([, kind]) => isOther(kind))) return null;
  if (genesNamed) for (const [value, kind] of said) if (kind === null) known.set(value, value);
  return texts.map((value) => known.get(value) ?? null);
}

/** The types of a column of any other name, if all of its values are words for types; else null. */
function typesLikelyIn({ label, texts }: GeneColumn): Said | null {
  const known = typesOfValues(texts);
  if (labelIsOfTypes(label) || labelIsOfBiotypes(label) || known.has(GENE)) return null;
  const kinds = [...known.values()];
  if (kinds.includes(null) || !kinds.includes(GENE) || !kinds.some(isOther)) return null;
  const found = texts.map((value) => known.get(value) ?? null);
  const genes = found.filter((kind) => kind === GENE).length;
  const products = found.filter((kind) => kind !== GENE && kind !== PEAK).length;
  return products > genes ? null : found; // of genes: protein or RNA
}

/** The type that each value of a column is a word for, null for none; empty for too many values. */
function typesOfValues(texts: readonly string[]): Map<string, Kind | null> {
  const known = new Map<string, Kind | null>();
  for (const value of texts) {
    if (known.has(value)) continue;
    if (known.size === MOST_TYPES) return new Map();
    known.set(value, typeOf(value));
  }
  return known;
}

function isMissing(value: string): boolean {
  return MISSING.has(stripped(value).toLowerCase());
}

/** Say which column told that features are no genes, unless it is the usual one. */
function byColumn(columns: ReadonlyMap<string, Said>, types: readonly Kind[]): string {
  const label = [...columns].find(([, said]) => said.some(isOther))?.[0] ?? "";
  if (label === "feature_types") return "";
  const number = types.filter(isOther).length;
  const others = [...new Set(types.filter(isOther))].sort(byCharacters).join(", ");
  return (
    `${commas(number)} of the ${commas(types.length)} features are not gene expression but ` +
    `${clip(others, 100)}, by the column ${clip(label, 60)} of var.`
  );
}

/** Say which column was not followed. */
function byNone(unheeded: ReadonlyMap<string, Said>, label: string): string {
  const [other, kinds] = [...unheeded][0] ?? ["", []];
  const number = kinds.filter((kind) => kind !== GENE).length;
  const by = clip(label, 60);
  return `${commas(number)} features are genes by ${by} of var, and none by its ${clip(other, 60)}: ${by} counts.`;
}
