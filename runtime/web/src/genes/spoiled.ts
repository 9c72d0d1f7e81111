/** Names of genes that a spreadsheet made dates, or R made names of its own kind. */

import { clip, commas, lengthOf } from "../text/quoting.js";
import { isDigits, python, wholeNumber } from "./python-text.js";

const MONTHS: ReadonlyMap<string, number> = new Map([
  ...["mar", "mrz", "mär", "märz", "mars"].map((word) => [word, 3] as const),
  ...["sep", "sept"].map((word) => [word, 9] as const),
  ...["dec", "dez", "dic", "déc"].map((word) => [word, 12] as const),
]);
const WORD = String.raw`(?P<month>[A-Za-zäé]{3,4})\.?`;
const DAY = String.raw`(?P<day>\d{1,2})\.?`;
// 7-Sep, 07. Sep, 7-Sep-21; Sep-07; X7.Sep, as R has it; 2021-09-07, as databases and pandas have it.
const DATES = [
  python(String.raw`X?${DAY}[-. ]{1,2}${WORD}([-. ](\d\d|\d{4}))?`, "whole"),
  python(`${WORD}[-. ]${DAY}`, "whole"),
];
const ISO = python(String.raw`X?(?P<year>\d{4})[-.](?P<number>\d\d)[-.](?P<day>\d\d)([ T]00:00:00)?`, "whole");
const [LAST_SEPTIN, LAST_MARCH] = [14, 11];
const MOST_CHARACTERS = 24;

/**
 * The symbols that one gene had or has, of which a spreadsheet made this date; none where it is none.
 *
 * 7-Sep was SEPT7, which is SEPTIN7 today. 1-Mar and 2-Mar were MARCH1 and MARCH2 or MARC1 and MARC2, and nothing tells
 * which: none. So has 2009-09-01, which was SEPT1 in that year or Sep-09 in any other. (Ziemann and others,
 * https://doi.org/10.1371/journal.pcbi.1008984, list what spreadsheets do.)
 */
export function restoredSymbols(name: string): readonly string[] {
  const [month, day] = dateOf(name) ?? [0, 0];
  if (month === 9 && day >= 1 && day <= LAST_SEPTIN) return [`SEPTIN${day}`, `SEPT${day}`];
  if (month === 9 && day === 15) return ["SELENOF", "SEP15"];
  if (month === 3 && day > 2 && day <= LAST_MARCH) return [`MARCHF${day}`, `MARCH${day}`];
  if (month === 12 && day === 1) return ["DELEC1", "DEC1"];
  return month === 12 && day === 2 ? ["BHLHE41", "DEC2"] : [];
}

/** Whether a name is a date that a spreadsheet makes of names of genes. */
export function isDate(name: string): boolean {
  return mayBeDate(name) && (ISO.test(name) || dayAndMonth(name) !== null);
}

/** A name without the X that R puts before a digit; null where there is none. */
export function withoutRPrefix(name: string): string | null {
  if (!name.startsWith("X")) return null;
  const rest = name.slice(1);
  return isDigits(clip(rest, 1)) && !isDigits(rest) ? rest : null;
}

/** A sentence on names that are dates; empty where there are none. */
export function noteOnDates(names: readonly string[]): string {
  const dates = names.filter(isDate);
  if (dates.length === 0) return "";
  const some = clip(dates.slice(0, 2).join(", "), 60);
  return (
    `${commas(dates.length)} names of genes are dates (${some}): a spreadsheet made them of symbols such as ` +
    "SEPT7; those that can be one gene only are taken for it."
  );
}

/** Month and day; null for no date, or one that may be two. */
function dateOf(name: string): readonly [number, number] | null {
  if (!mayBeDate(name)) return null;
  const found = dayAndMonth(name);
  if (found !== null) return found;
  const parts = ISO.exec(name)?.groups;
  if (parts === undefined) return null;
  const day = wholeNumber(parts.day ?? "");
  if (day === 1 && wholeNumber(parts.year ?? "") % 100 <= LAST_SEPTIN + 1) return null;
  return [wholeNumber(parts.number ?? ""), day];
}

/** Month and day of a date with a month in letters; null for none. */
function dayAndMonth(name: string): readonly [number, number] | null {
  for (const date of DATES) {
    const parts = date.exec(name)?.groups;
    const month = MONTHS.get(parts?.month?.toLowerCase() ?? "");
    if (month !== undefined) return [month, wholeNumber(parts?.day ?? "")];
  }
  return null;
}

/** What is quickly told of many names. */
function mayBeDate(name: string): boolean {
  const start = clip(name.startsWith("X") ? name.slice(1, 3) : name.slice(0, 2), 1);
  return (isDigits(start) || MONTHS.has(name.slice(0, 3).toLowerCase())) && lengthOf(name) < MOST_CHARACTERS;
}
