/** What stands before or after every name of a dataset, and belongs to none of them. */

import { clip } from "../text/quoting.js";
import { MOST_LOOKED_INTO, python } from "./python-text.js";

const LEAST_NAMES = 20;
const MOST_LENGTH = 30;
const LOOKED_AT = 2000;
const BEFORE = python(String.raw`\w{1,30}?[-._:|]+`, "start");
const AFTER = python(String.raw`[-._:|]+\w{1,30}$`, "anywhere");
const MARK = /[-._:|]/;

/** A text that stands before or after names; empty for nothing. */
export interface Affix {
  readonly before: string;
  readonly after: string;
}

/** A name without what stands before and after it. */
export function withoutIt(name: string, affix: Affix): string {
  const start = affix.before && name.startsWith(affix.before) ? affix.before.length : 0;
  const rest = name.slice(start);
  return affix.after && rest.endsWith(affix.after) ? rest.slice(0, rest.length - affix.after.length) : rest;
}

/**
 * What stands before and after *every* name, up to a dash, dot, colon, bar or underscore.
 *
 * `CD3D-1` and `CD4-1` share `-1`, `hs:CD3D` and `hs:CD4` share `hs:`. Empty names do not count; fewer than 20 names
 * share nothing.
 */
export function sharedAffix(names: readonly string[]): Affix {
  const some = names.filter((name) => name !== "");
  if (some.length < LEAST_NAMES) return { before: "", after: "" };
  const before = clip(commonStart(some), MOST_LENGTH);
  const common = commonEnd(some);
  const after = Array.from(common).slice(-MOST_LENGTH).join("");
  const lastMark = Math.max(...Array.from("-._:|", (mark) => before.lastIndexOf(mark)));
  const firstMark = after.search(MARK);
  return { before: before.slice(0, lastMark + 1), after: firstMark < 0 ? "" : after.slice(firstMark) };
}

/** How all texts begin. */
function commonStart(texts: readonly string[]): string {
  const first = texts[0] ?? "";
  let length = first.length;
  for (const text of texts) {
    let at = 0;
    while (at < length && text.charCodeAt(at) === first.charCodeAt(at)) at++;
    length = at;
  }
  const common = first.slice(0, length);
  return /[\ud800-\udbff]$/.test(common) ? common.slice(0, -1) : common;
}

/** How all texts end. */
function commonEnd(texts: readonly string[]): string {
  const first = texts[0] ?? "";
  let length = first.length;
  for (const text of texts) {
    let at = 0;
    while (at < length && text.charCodeAt(text.length - 1 - at) === first.charCodeAt(first.length - 1 - at)) at++;
    length = at;
  }
  const common = first.slice(first.length - length);
  return /^[\udc00-\udfff]/.test(common) ? common.slice(1) : common;
}

/** Names without what all of them share, if more than twice as many are genes then; else as they are. */
export function withoutAffix(names: readonly string[], isGene: (name: string) => boolean): readonly string[] {
  const affix = sharedAffix(names);
  if (affix.before === "" && affix.after === "") return names;
  const plain = names.map((name) => withoutIt(name, affix));
  const now = sample(names).filter(isGene).length;
  return sample(plain).filter(isGene).length > 2 * now ? plain : names;
}

/** What stands before or after most names, where they are genes without it; for a message. Null for nothing. */
export function usualAffix(names: readonly string[], isGene: (name: string) => boolean): Affix | null {
  const some = sample(names).filter((name) => name.length <= MOST_LOOKED_INTO);
  const found = new Map<string, { affix: Affix; number: number }>();
  const count = (key: string, affix: Affix): void => {
    const seen = found.get(key);
    if (seen === undefined) found.set(key, { affix, number: 1 });
    else seen.number++;
  };
  for (const name of some) {
    const [before] = BEFORE.exec(name) ?? [];
    if (before !== undefined) count(`before ${before}`, { before, after: "" });
  }
  for (const name of some) {
    const [after] = AFTER.exec(name) ?? [];
    if (after !== undefined) count(`after ${after}`, { before: "", after });
  }
  const commonest = [...found.values()].sort((a, b) => b.number - a.number).slice(0, 2);
  for (const { affix, number } of commonest)
    if (2 * number > some.length && some.filter((name) => isGene(withoutIt(name, affix))).length > some.length / 20)
      return affix;
  return null;
}

/** Every k-th name of many. */
function sample(names: readonly string[]): readonly string[] {
  const step = 1 + Math.floor(names.length / LOOKED_AT);
  return step === 1 ? names : names.filter((_, place) => place % step === 0);
}
