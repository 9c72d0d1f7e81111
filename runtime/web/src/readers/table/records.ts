/** Fields of lines, as Python's csv reader parts them; quotes around them are taken off. */

const MOST_FIELD = 131072; // characters; Python's own limit

/**
 * Part lines into fields. A line that ends within quotes goes on in the next.
 *
 * @param separator - one character; of blanks several count as one, and those before a line do not count
 * @throws Error where a field is longer than any
 */
export function split(lines: readonly string[], separator: string): string[][] {
  const records: string[][] = [];
  const reader = new Fields(separator);
  for (const line of lines) {
    reader.read(line);
    if (!reader.isWithinQuotes) records.push(reader.take());
  }
  if (reader.isWithinQuotes) records.push(reader.take());
  return records;
}

class Fields {
  isWithinQuotes = false;
  #record: string[] = [];
  #field = "";

  constructor(private readonly separator: string) {}

  take(): string[] {
    const record = this.#record;
    if (this.isWithinQuotes) record.push(this.#field);
    this.#record = [];
    this.#field = "";
    this.isWithinQuotes = false;
    return record;
  }

  read(line: string): void {
    const content = this.isWithinQuotes ? line : line.replace(/[\r\n]+$/, "");
    if (!this.isWithinQuotes && content === "") return;
    let at = 0;
    if (this.isWithinQuotes) {
      at = this.#quoted(content, 0);
      if (at < 0) return;
      at = this.#unquoted(content, at);
    }
    while (at <= content.length) {
      this.#field = "";
      while (this.separator === " " && content[at] === " ") at++;
      if (content[at] === '"') {
        at = this.#quoted(line, at + 1);
        if (at < 0) return;
      }
      at = this.#unquoted(content, at);
    }
  }

  /** Read to the end of quotes; return the place after it, less than 0 where there is none in the line. */
  #quoted(line: string, from: number): number {
    this.isWithinQuotes = true;
    for (let at = from; ; ) {
      const end = line.indexOf('"', at);
      this.#add(line.slice(at, end < 0 ? undefined : end));
      if (end < 0) return -1;
      if (line[end + 1] !== '"') {
        this.isWithinQuotes = false;
        return end + 1;
      }
      this.#add('"');
      at = end + 2;
    }
  }

  /** Read to the end of a field; return where the next begins. */
  #unquoted(line: string, from: number): number {
    const found = line.indexOf(this.separator, from);
    const end = found < 0 ? line.length : found;
    this.#add(line.slice(from, end));
    this.#record.push(this.#field);
    return found < 0 ? Number.POSITIVE_INFINITY : end + 1;
  }

  #add(text: string): void {
    this.#field += text;
    if (this.#field.length > MOST_FIELD) throw new Error(`field larger than field limit (${MOST_FIELD})`);
  }
}
