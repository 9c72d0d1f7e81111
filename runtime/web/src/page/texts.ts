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

/** A name of a species for people. */
export function species(name: string): string {
  const usual: Readonly<Record<string, string>> = { "Homo sapiens": "human", "Mus musculus": "mouse" };
  return usual[name] ?? (name === "unknown" || name === "" ? "not stated" : name);
}
