/** The lines of a text file. */

import { decodeUtf8 } from "../../bundle/utf8.js";
import { grouped } from "../../text/figures.js";
import type { StoredFile } from "../stored-file.js";
import { LONGEST_LINE, textBytes } from "./guarded.js";

const [NEW_LINE, RETURN] = [10, 13];
/** What names take on average is far less; their file is not read beyond it. */
const [BYTES_A_NAME, BYTES_OF_NAMES, LONGEST_NAME] = [1024, 64 << 20, 1 << 20];

/** Lines, with their ends: \n, \r\n or \r. */
export async function* lines(file: StoredFile, longestLine = LONGEST_LINE): AsyncGenerator<string> {
  let begun: Uint8Array[] = [];
  for await (let part of textBytes(file, longestLine)) {
    // A return at the end of a part may have its new line in the next.
    const before = begun[begun.length - 1];
    if (before !== undefined && before[before.length - 1] === RETURN) {
      const isPair = part[0] === NEW_LINE;
      if (isPair) begun.push(part.subarray(0, 1));
      yield together(begun);
      begun = [];
      part = part.subarray(isPair ? 1 : 0);
    }
    let start = 0;
    for (let end = endOfLine(part, 0); end > 0; end = endOfLine(part, start)) {
      begun.push(part.subarray(start, end));
      yield together(begun);
      begun = [];
      start = end;
    }
    if (start < part.length) begun.push(part.slice(start));
  }
  if (begun.length) yield together(begun);
}

/** Where the line ends that begins at a place, after its end; 0 where that is not sure. */
function endOfLine(part: Uint8Array, from: number): number {
  for (let i = from; i < part.length; i++) {
    if (part[i] === NEW_LINE) return i + 1;
    if (part[i] === RETURN) {
      if (i + 1 === part.length) return 0;
      return part[i + 1] === NEW_LINE ? i + 2 : i + 1;
    }
  }
  return 0;
}

function together(parts: readonly Uint8Array[]): string {
  if (parts.length === 1) return decodeUtf8(parts[0]);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return decodeUtf8(whole);
}

/**
 * The lines of a file of names; empty ones at its end do not count.
 *
 * @throws Error when there are more than `most`, or they are far longer than names are
 */
export async function readLines(file: StoredFile, most: number): Promise<string[]> {
  const found: string[] = [];
  let [left, blank, number] = [most * BYTES_A_NAME + BYTES_OF_NAMES, 0, 0];
  for await (const line of lines(file, LONGEST_NAME)) {
    left -= line.length + 64;
    const isBlank = line.trim() === "";
    if ((number++ >= most && !isBlank) || left < 0)
      throw new Error(`${file.name} has more than ${grouped(most)} lines, or lines too long for names`);
    if (isBlank) {
      blank++;
      continue;
    }
    for (; blank > 0; blank--) found.push("");
    found.push(line.replace(/[\r\n]+$/, ""));
  }
  return found;
}
