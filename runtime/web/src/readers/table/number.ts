/** Which texts are numbers, and which. */

export type Decimal = "." | ",";

/** What stands for a number that is missing. */
export const MISSING: ReadonlySet<string> = new Set(["", "NA", "NaN", "nan", "N/A"]);

const DIGITS = String.raw`\p{Nd}+(_\p{Nd}+)*`;
/** What Python's `float` takes. */
const NUMBER = new RegExp(
  String.raw`^\s*[+-]?((${DIGITS}\.?(${DIGITS})?|\.${DIGITS})(e[+-]?${DIGITS})?|inf(inity)?|nan)\s*$`,
  "iu",
);
/** What pandas' reader takes of it. */
const PLAIN = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const INFINITE = /^\s*([+-]?)inf(inity)?\s*$/i;

/** Whether a field is a number, or one that is missing. */
export function isNumber(text: string, decimal: Decimal = "."): boolean {
  return MISSING.has(text) || NUMBER.test(pointed(text, decimal));
}

/** The number of a field: NaN for one that is missing, null for none. */
export function numberOf(text: string, decimal: Decimal): number | null {
  if (MISSING.has(text)) return Number.NaN;
  const plain = pointed(text, decimal);
  if (PLAIN.test(plain)) return Number(plain);
  const infinite = INFINITE.exec(plain);
  if (infinite === null) return null;
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A text with a point before its fraction. */
function pointed(text: string, decimal: Decimal): string {
  return decimal === "," ? text.replaceAll(".", "?").replaceAll(",", ".") : text;
}
