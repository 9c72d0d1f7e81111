/** Texts of a stranger inside messages: quoted as Python quotes them, so that both runtimes say the same. */

// What Python's str.isprintable refuses: all but letters, marks, numbers, punctuation, symbols and the blank.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
// Control characters, marks that turn or hide text, halves of characters, private ones, line and paragraph breaks.
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const STEERING_LINES = /(?![\n\r\t])\p{Cc}|\p{Cs}/u;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Whether every character of a text shows itself; of all blanks only the plain one does. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/**
 * Whether a text can be shown: nothing in it steers a terminal, hides, or turns what is around it.
 *
 * @param lines - whether it may have several lines, with tabs, and the marks that scripts other than Latin join letters by
 */
export function isPlain(text: string, { lines = false } = {}): boolean {
  return !(lines ? STEERING_LINES : STEERING).test(text);
}

/** How many characters a text has, halves counted as one where they stand alone. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      length--;
      i++;
    }
  }
  return length;
}

/** The first characters of a text, none of them torn apart. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  let end = 0;
  for (let taken = 0; taken < most && end < text.length; taken++) {
    end += isHigh(text.charCodeAt(end)) && isLow(text.charCodeAt(end + 1)) ? 2 : 1;
  }
  return text.slice(0, end);
}

/** Order of two texts by their characters' numbers, as Python sorts. */
export function byCharacters(one: string, other: string): number {
  const [a, b] = [Array.from(one), Array.from(other)];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = (a[i].codePointAt(0) ?? 0) - (b[i].codePointAt(0) ?? 0);
    if (order) return order;
  }
  return a.length - b.length;
}

/** The first of some texts in that order; at least one is needed. */
export function least(texts: readonly string[]): string {
  return texts.reduce((one, other) => (byCharacters(one, other) <= 0 ? one : other));
}

/** A text in quotes, Python's `repr`: what does not show itself is written by its number. */
export function quoted(text: string): string {
  return between(text, isPrintable);
}

/** A text in quotes, Python's `ascii`: letters of other scripts are written by their numbers, too. */
export function quotedAscii(text: string): string {
  return between(text, (character) => character >= " " && character <= "~");
}

/** Texts in quotes, as Python shows a list. */
export function quotedList(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(", ")}]`;
}

/** A number of floating point as Python shows it. */
export function shown(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${digits}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** A whole number with commas between thousands. */
export function commas(value: number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function between(text: string, shows: (character: string) => boolean): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let inside = "";
  for (const character of text) {
    if (character === mark) inside += `\\${mark}`;
    else if (character in NAMED) inside += NAMED[character];
    else inside += shows(character) ? character : escaped(character);
  }
  return mark + inside + mark;
}

function escaped(character: string): string {
  const number = character.codePointAt(0) ?? 0;
  const digits = number.toString(16);
  if (number < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return number < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
