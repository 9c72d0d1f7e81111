/** What goes wrong while reading, as errors of one line. */

import { CellfillError, DataError } from "../errors.js";
import { clip } from "../text/quoting.js";

const MOST = 300; // characters of another library's message that are passed on
const DAMAGED = "It may be damaged or cut short: fetch it again.";
/** What libraries and browsers say where nothing is damaged, and what to do then. */
const ADVICE: readonly (readonly [string, string])[] = [
  ["nested too deep", "No data need that: write it again where it was made, without that part."],
  ["bare numbers or text", "Name that column where it was made, and write it again from there."],
  ["could not be read, typically", "It was changed, moved or removed since it was chosen: choose it again."],
  [
    "larger than this browser",
    "Use cellfill for Python, which reads it by parts, or choose fewer cells where it was made.",
  ],
];

/** What an error says, in one line. */
export function reason(error: unknown): string {
  const name = error instanceof Error ? error.name : "Error";
  if (isOutOfMemory(error)) return "it is larger than this browser's memory";
  if (name === "NotReadableError") return "the file could not be read, typically since it changed on the disk";
  const said = error instanceof Error ? error.message : String(error);
  return clip(said.split(/\s+/u).filter(Boolean).join(" "), MOST).replace(/\.+$/, "") || name;
}

/** An error as one of cellfill's own, which it may be already. */
export function asDataError(name: string, kind: string, error: unknown): CellfillError {
  if (error instanceof CellfillError) return error;
  const why = reason(error);
  const advice = ADVICE.find(([said]) => why.includes(said))?.[1] ?? DAMAGED;
  return new DataError(`${name} cannot be read as ${kind}: ${why}. ${advice}`, { cause: error });
}

/**
 * Turn whatever reading a damaged file throws into one kind of error.
 *
 * @param name - of the file
 * @param kind - as what it is read, for the message
 * @throws DataError for every failure but the errors of cellfill itself
 */
export async function reading<T>(name: string, kind: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw asDataError(name, kind, error);
  }
}

/** The same for what is read at once. */
export function readingNow<T>(name: string, kind: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asDataError(name, kind, error);
  }
}

function isOutOfMemory(error: unknown): boolean {
  return (
    (error instanceof RangeError && /array (buffer|length)|allocation/i.test(error.message)) ||
    (error instanceof Error && /allocation of \d+ bytes|out of memory/i.test(error.message))
  );
}
