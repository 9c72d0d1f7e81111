/** Antibodies that are called as the genes of their targets, told by the company they keep. */

import { python } from "./python-text.js";

// What antibodies of CITE-seq panels are called after: mostly surface antigens with a CD number.
const SURFACE = python(
  String.raw`(anti[-_. ]?)?(CD\d+[A-Z]{0,2}\d?|HLA[-_.]?(DR|ABC?)\w*|IG[GMDE]\w*|TCR\w*|MS4A1|NCAM1|PTPRC|PDCD1|CTLA4` +
    String.raw`|IL\d+R\w*|C?X?CR\d+|FCGR\w+|FCER\w+|ITG[AB]\w+|KLR\w+|TIGIT|LY6[ACG]\w?|SELL|THY1)`,
  "whole",
  "i",
);
const ENSEMBL = python(String.raw`ENS[A-Z]{0,6}G\d{11}`, "start");
const NUMBERED = /^(.*)[-.]\p{Nd}{1,2}$/su;
const LEAST = 3; // fewer are no panel
const MOSTLY_IDS = 0.9;
const FILLS = 0.3; // a block is a panel's when so many of its features double a gene

/**
 * Which features are antibodies though they are called as genes.
 *
 * Where at least three genes occur twice (`CD4` and `CD4-1`), and half of these are surface antigens, it is a panel: no
 * reference of genes doubles them. The antibodies are those of each two that stand together. Where nearly all names are
 * Ensembl ids, at least three that are none, half of them surface antigens, are a panel, too.
 *
 * @param names - of the features, as the dataset has them
 * @param columns - other texts of the features, for ids
 * @returns their places
 */
export function antibodiesAmong(names: readonly string[], columns: readonly (readonly string[])[]): Set<number> {
  const found = doubles(names);
  for (const column of [names, ...columns]) for (const place of withoutId(column)) found.add(place);
  return found;
}

function isPanel(names: readonly string[]): boolean {
  const surface = names.filter((name) => SURFACE.test(name)).length;
  return surface >= LEAST && 2 * surface >= names.length;
}

function doubles(names: readonly string[]): Set<number> {
  const pairs = placesOfDoubled(names);
  if (!isPanel([...pairs.keys()])) return new Set();
  const surface = [...pairs].filter(([name]) => SURFACE.test(name)).map(([, places]) => places);
  const first = surface.map((places) => places[0] ?? 0);
  const second = surface.map((places) => places.at(-1) ?? 0);
  const panel = 2 * span(first) < span(second) ? first : second;
  if (panel.length < FILLS * span(panel)) return new Set(panel);
  const start = least(panel);
  return new Set(Array.from({ length: span(panel) }, (_, place) => start + place));
}

/** The names that stand twice, as they are or with a number, and where. */
function placesOfDoubled(names: readonly string[]): Map<string, number[]> {
  const there = new Set(names);
  const stems = names.map(stemOf);
  const pairs = new Map<string, number[]>();
  for (const [place, stem] of stems.entries()) if (stem !== names[place] && there.has(stem)) pairs.set(stem, []);
  if (there.size < names.length) for (const name of twice(names)) pairs.set(name, []);
  if (pairs.size === 0) return pairs;
  for (const [place, name] of names.entries()) (pairs.get(name) ?? pairs.get(stems[place] ?? name))?.push(place);
  return pairs;
}

function twice(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const name of names) (seen.has(name) ? again : seen).add(name);
  return again;
}

/** The first place of some; a panel may have more of them than a call has arguments. */
function least(places: readonly number[]): number {
  return places.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function span(places: readonly number[]): number {
  return places.reduce((a, b) => Math.max(a, b), 0) - least(places) + 1;
}

function stemOf(name: string): string {
  return NUMBERED.exec(name)?.[1] || name;
}

function withoutId(names: readonly string[]): readonly number[] {
  const others: number[] = [];
  for (const [place, name] of names.entries()) if (!ENSEMBL.test(name)) others.push(place);
  if (others.length === 0 || others.length > (1 - MOSTLY_IDS) * names.length) return [];
  return isPanel(others.map((place) => stemOf(names[place] ?? ""))) ? others : [];
}
