/** How the page writes numbers and names. */

const NUMBERS = new Intl.NumberFormat("en");

/** A whole number: 12,345. */
export function count(value: number): string {
  return NUMBERS.format(value);
}

/** A share: 12.3%, 100%. */
export function percent(share: number): string {
  const hundredths = share * 100;
  return `${hundredths === 100 || hundredths === 0 ? hundredths : hundredths.toFixed(1)}%`;
}

/** A probability or a mean, two digits behind the point; a dash for what is not known. */
export function decimal(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** Bytes as a person says them. */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A name from someone's file as one short line: what cannot be printed is marked, the end is cut. */
export function legible(name: string, most = 40): string {
  const shown = name
    .slice(0, most * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "\u{fffd}")
    .replace(/\s+/g, " ")
    .trim();
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).trimEnd()}…`;
}

/** One or many: "1 cell", "2 cells". */
export function some(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const SPECIES: ReadonlyMap<string, string> = new Map([
  ["Homo sapiens", "human"],
  ["Mus musculus", "mouse"],
  ["unknown", "not stated"],
  ["", "not stated"],
]);

/** A name of a species for people. */
export function species(name: string): string {
  return SPECIES.get(name) ?? name;
}

const MOST_MESSAGE = 2000;
const MOST_WORD = 200;

/**
 * A whole message, which may hold names from someone's file: characters that steer, hide or turn what is around them are
 * written by their numbers, and long words and long messages are cut in their middle, so that the end can be read.
 */
export function legibleMessage(message: string): string {
  return cut(message, MOST_MESSAGE)
    .replace(/\S+/g, (word) => cut(word, MOST_WORD))
    .replace(/[\t\n\r]+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${odd.codePointAt(0)?.toString(16)}}`);
}

/** The beginning and the end of a text that is longer than `most`. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 4);
  return `${text.slice(0, most - end - 1)}…${text.slice(-end)}`;
}

const MARKERS = ["CD3D", "MS4A1", "NKG7"];

/** Some genes of a dataset that stand as examples in a box: usual ones where it has them, in its own spelling. */
export function exampleGenes(names: readonly string[]): string {
  const found = names.filter((name) => MARKERS.includes(name.toUpperCase()));
  const shown = found.length >= MARKERS.length ? found : names.filter((name) => name !== "");
  return shown
    .slice(0, MARKERS.length)
    .map((name) => legible(name, 20))
    .join(", ");
}

/** What is lost of an old file, and what keeps it. */
export function ofOldFile(name: string): string {
  return (
    `${legible(name)} is of a time before anndata 0.7, so a page cannot add to it: "Everything" is a new file, with your counts, ` +
    "names and columns of text, but without numbers of the cells, obsm and uns. To keep these, use cellfill for Python, " +
    "or save the file anew with a newer anndata, and choose that."
  );
}
