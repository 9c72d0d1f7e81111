/**
 * JSON from a stranger, as Python reads it: whole numbers apart from others, no key twice, nothing nested without end.
 *
 * JSON.parse tells neither 1 from 1.0 nor a key that occurs twice, and rounds large numbers: what was checked would not
 * be what is there.
 */

/** What JSON holds: a whole number is a bigint, any other a number. */
export type Json = null | boolean | string | bigint | number | Json[] | Map<string, Json>;

const MAX_DEPTH = 990;
/** The most digits of a whole number. */
export const MAX_DIGITS = 4300;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const BLANKS = /[ \t\n\r]*/y;
// All but control characters, the quote and the backslash.
const PLAIN = /[ !#-[\]-\uffff]*/y;
const HEXADECIMAL = /^[0-9a-fA-F]{4}$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const WORDS: readonly [string, Json][] = [
  ["null", null],
  ["true", true],
  ["false", false],
];
const NO_NUMBERS: readonly [string, number][] = [
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

/**
 * Parse a text of JSON.
 *
 * @param loose - take NaN, infinity and keys that occur twice: for a look at what a text claims to be
 * @throws SyntaxError in Python's words
 */
export function parseJson(text: string, { loose = false } = {}): Json {
  return new Parser(text, loose).whole();
}

/** What Python says of a whole number of more digits than it reads. */
export function tooManyDigits(digits: number): string {
  return (
    `Exceeds the limit (${MAX_DIGITS} digits) for integer string conversion: value has ${digits} digits; use ` +
    "sys.set_int_max_str_digits() to increase the limit"
  );
}

class Parser {
  private place = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly loose: boolean,
  ) {}

  whole(): Json {
    if (this.text.startsWith("\ufeff")) throw this.fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
    this.skip();
    const value = this.value();
    this.skip();
    if (this.place < this.text.length) throw this.fault("Extra data", this.place);
    return value;
  }

  private value(): Json {
    const first = this.text[this.place];
    if (first === '"') return this.string();
    if (first === "{") return this.nested("object", () => this.object());
    if (first === "[") return this.nested("array", () => this.list());
    for (const [word, value] of WORDS) if (this.takes(word)) return value;
    for (const [word, value] of NO_NUMBERS) {
      if (!this.takes(word)) continue;
      if (!this.loose) throw new SyntaxError(`${word} is not a number that a manifest may hold`);
      return value;
    }
    return this.number();
  }

  private takes(word: string): boolean {
    if (!this.text.startsWith(word, this.place)) return false;
    this.place += word.length;
    return true;
  }

  private number(): number | bigint {
    NUMBER.lastIndex = this.place;
    const [found, whole, fraction, power] = NUMBER.exec(this.text) ?? [];
    if (found === undefined) throw this.fault("Expecting value", this.place);
    this.place += found.length;
    if (fraction !== undefined || power !== undefined) return Number(found);
    const digits = whole.replace("-", "").length;
    if (digits > MAX_DIGITS) throw new SyntaxError(tooManyDigits(digits));
    return BigInt(whole);
  }

  private nested<T>(what: string, read: () => T): T {
    this.depth++;
    if (this.depth > MAX_DEPTH)
      throw new SyntaxError(`maximum recursion depth exceeded while decoding a JSON ${what} from a unicode string`);
    this.place++;
    this.skip();
    const value = read();
    this.depth--;
    return value;
  }

  private object(): Map<string, Json> {
    const result = new Map<string, Json>();
    if (this.takes("}")) return result;
    let pairs = 0;
    for (;;) {
      if (this.text[this.place] !== '"')
        throw this.fault("Expecting property name enclosed in double quotes", this.place);
      const key = this.string();
      this.skip();
      if (!this.takes(":")) throw this.fault("Expecting ':' delimiter", this.place);
      this.skip();
      result.set(key, this.value());
      pairs++;
      this.skip();
      if (this.takes("}")) break;
      this.comma();
    }
    if (result.size !== pairs && !this.loose) throw new SyntaxError("a key occurs twice in one object");
    return result;
  }

  private list(): Json[] {
    const result: Json[] = [];
    if (this.takes("]")) return result;
    for (;;) {
      result.push(this.value());
      this.skip();
      if (this.takes("]")) return result;
      this.comma();
    }
  }

  private comma(): void {
    if (!this.takes(",")) throw this.fault("Expecting ',' delimiter", this.place);
    this.skip();
  }

  private string(): string {
    const begin = this.place++;
    let result = "";
    for (;;) {
      PLAIN.lastIndex = this.place;
      const [chunk = ""] = PLAIN.exec(this.text) ?? [];
      result += chunk;
      this.place += chunk.length;
      const mark = this.text[this.place];
      if (mark === undefined) throw this.fault("Unterminated string starting at", begin);
      if (mark !== '"' && mark !== "\\") throw this.fault("Invalid control character at", this.place);
      this.place++;
      if (mark === '"') return result;
      result += this.escape(begin);
    }
  }

  private escape(begin: number): string {
    const letter = this.text[this.place];
    if (letter === undefined) throw this.fault("Unterminated string starting at", begin);
    this.place++;
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter)) throw this.fault("Invalid \\escape", this.place - 2);
      return ESCAPES[letter];
    }
    const digits = this.text.slice(this.place, this.place + 4);
    if (this.place + 4 >= this.text.length || !HEXADECIMAL.test(digits))
      throw this.fault("Invalid \\uXXXX escape", this.place - 1);
    this.place += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private skip(): void {
    BLANKS.lastIndex = this.place;
    BLANKS.test(this.text);
    this.place = BLANKS.lastIndex;
  }

  /** Python counts characters, not halves of them. */
  private fault(what: string, place: number): SyntaxError {
    const before = Array.from(this.text.slice(0, place));
    const line = before.filter((character) => character === "\n").length + 1;
    const column = before.length - before.lastIndexOf("\n");
    return new SyntaxError(`${what}: line ${line} column ${column} (char ${before.length})`);
  }
}
