/** Tables of commas, with the quotes that Python's csv module sets. */

/** One field: in quotes where it holds a comma, a quote or an end of line. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line with its end. A single empty field is in quotes, or the line would be none. */
export function csvLine(fields: readonly string[]): string {
  if (fields.length === 1 && fields[0] === "") return '""\n';
  return `${fields.map(csvField).join(",")}\n`;
}

/** Encodes lines as UTF-8, a few thousand at a time, so that no text grows as long as the file. */
export class CsvFile {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];

  /** Append a line. */
  add(fields: readonly string[]): void {
    this.#waiting.push(csvLine(fields));
    if (this.#waiting.length >= 4096) this.#encode();
  }

  #encode(): void {
    this.#parts.push(this.#encoder.encode(this.#waiting.join("")));
    this.#waiting = [];
  }

  /** The file, whole. */
  end(): Blob {
    this.#encode();
    return new Blob(this.#parts, { type: "text/csv" });
  }
}
