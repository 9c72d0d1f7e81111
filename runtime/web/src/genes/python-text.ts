/**
 * Regular expressions and texts as Python has them.
 *
 * The rule by which genes are matched is written in Python's terms, where a digit is a digit of any script, a letter
 * one of any alphabet, and a place in a text a character, never half of one.
 */

const CLASSES: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  w: String.raw`\p{L}\p{N}_`,
  s: String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`,
};
const WORD = `[${CLASSES.w}]`;
const TOKEN = /\\.|\[|\]|\(\?P<|[iI.$]|[^\\[\]iI.$(]+|\(/gu;
// Letters that are no i to ECMAScript's case folding, and are to Python's.
const MORE_I = "\u0130\u0131";
// Digits that are no decimal ones: superscripts, numbers in circles, some scripts without a zero.
const ODD_DIGITS =
  String.raw`\xb2-\xb3\xb9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c` +
  String.raw`\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792` +
  String.raw`\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}`;
const ALL_DIGITS = new RegExp(String.raw`^[\p{Nd}${ODD_DIGITS}]+$`, "u");
const DECIMAL = /^\p{Nd}$/u;
const SPACES = new RegExp(`^[${CLASSES.s}]+|[${CLASSES.s}]+$`, "gu");
const LETTERS_OR_DIGITS = /^[\p{L}\p{N}]+$/u;

/**
 * Longer texts are no names of genes, and are not looked into where that takes the square of their length: a stranger's file
 * must not keep the page busy. The names of a model have 100 characters at most.
 */
export const MOST_LOOKED_INTO = 1000;

/** Where in a text an expression must match: Python's `fullmatch`, `match`, `search`. */
export type Reach = "whole" | "start" | "anywhere";

/**
 * Compile a regular expression of Python's.
 *
 * Knows what the rules of this room use: `\d`, `\w`, `\s`, `\S`, `\b` behind a letter or digit, `.`, `$`, classes,
 * groups and named ones.
 *
 * @param pattern - as Python writes it
 * @param reach - where in a text it must match
 * @param flags - `i` for Python's IGNORECASE, `g` to replace
 */
export function python(pattern: string, reach: Reach, flags = ""): RegExp {
  let inClass = false;
  let body = "";
  const anyCase = flags.includes("i");
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (token === "[" && !inClass) inClass = true;
    else if (token === "]" && inClass) inClass = false;
    body += translated(token, inClass, anyCase);
  }
  const source = reach === "anywhere" ? body : reach === "start" ? `^(?:${body})` : `^(?:${body})$`;
  return new RegExp(source, `u${flags}`);
}

function translated(token: string, inClass: boolean, anyCase: boolean): string {
  if (token === "(?P<") return "(?<";
  if (inClass) return inside(token, anyCase);
  if (token === ".") return "[^\\n]";
  if (token === "$") return "(?=\\n?$)";
  if (token === "\\b") return `(?!${WORD})`;
  if (token === "\\S") return `[^${CLASSES.s}]`;
  if (anyCase && (token === "i" || token === "I")) return `[${token}${MORE_I}]`;
  const known = token[0] === "\\" ? CLASSES[token.slice(1)] : undefined;
  return known === undefined ? token : `[${known}]`;
}

/** Translate what stands in a class of characters. */
function inside(token: string, anyCase: boolean): string {
  if (token[0] === "\\") return CLASSES[token.slice(1)] ?? token;
  const hasI = token === "i" || token === "I" || token.includes("A-Z") || token.includes("a-z");
  return anyCase && hasI ? `${token}${MORE_I}` : token;
}

/** Whether a text is digits alone, of any script and kind: Python's `isdigit`. */
export function isDigits(text: string): boolean {
  return ALL_DIGITS.test(text);
}

/** Whether a text is letters and digits alone, of any script: Python's `isalnum`. */
export function isAlphanumeric(text: string): boolean {
  return LETTERS_OR_DIGITS.test(text);
}

/** Read decimal digits of any script: Python's `int`. */
export function wholeNumber(digits: string): number {
  let number = 0;
  for (const digit of digits) number = 10 * number + decimal(digit);
  return number;
}

/** The value of a decimal digit; those of a script stand together, from 0 on. */
function decimal(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let first = code;
  while (DECIMAL.test(String.fromCodePoint(first - 1))) first--;
  return (code - first) % 10;
}

/** A text without blanks before and behind it: Python's `strip`. */
export function stripped(text: string): string {
  return text.replace(SPACES, "");
}
