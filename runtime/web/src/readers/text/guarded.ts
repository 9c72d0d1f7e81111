/** Bytes that are text: lines have an end, and no byte is 0. */

import { grouped } from "../../text/figures.js";
import type { StoredFile } from "../stored-file.js";
import { begins, unpacked } from "./unpacked.js";

/** Names of a million cells, in the first line of a table; no line of numbers is longer. */
export const LONGEST_LINE = 128 << 20;
const NEW_LINE = 10;
const BOM = [0xef, 0xbb, 0xbf];

/**
 * The bytes of a text file, of UTF-8 without its mark; what begins as UTF-16 is turned into it.
 *
 * @throws Error at a line that is longer, or a byte that is 0
 * @throws DataError when it is packed in a way that is not known
 */
export async function* textBytes(file: StoredFile, longestLine = LONGEST_LINE): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const part of withoutMark(file)) {
    if (part.includes(0)) throw new Error("it holds bytes that are 0, so it is no text");
    const end = part.lastIndexOf(NEW_LINE);
    length = end < 0 ? length + part.length : part.length - end;
    if (length > longestLine) throw new Error(`a line of it is longer than ${grouped(longestLine)} bytes`);
    yield part;
  }
}

async function* withoutMark(file: StoredFile): AsyncGenerator<Uint8Array> {
  let first: Uint8Array = new Uint8Array(0);
  let wide: TextDecoder | null = null;
  let isStarted = false;
  const encoder = new TextEncoder();
  const passed = (part: Uint8Array): Uint8Array =>
    wide ? encoder.encode(wide.decode(part, { stream: true })) : part;
  for await (const part of unpacked(file)) {
    if (isStarted) {
      yield passed(part);
      continue;
    }
    first = joined(first, part);
    if (first.length < BOM.length) continue;
    isStarted = true;
    wide = wideDecoder(first);
    yield passed(begins(first, BOM) ? first.subarray(BOM.length) : first);
  }
  if (!isStarted && first.length) yield first;
  if (wide) yield encoder.encode(wide.decode());
}

function wideDecoder(start: Uint8Array): TextDecoder | null {
  if (begins(start, [0xff, 0xfe])) return new TextDecoder("utf-16le", { fatal: true });
  return begins(start, [0xfe, 0xff]) ? new TextDecoder("utf-16be", { fatal: true }) : null;
}

/** Two parts as one. */
export function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
