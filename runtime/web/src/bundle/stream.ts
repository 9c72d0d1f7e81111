/** Read the body of an answer, its bytes counted as they come. */

import { BundleIntegrityError } from "../errors.js";
import { TooLongError } from "./checked-file.js";

/**
 * Read the body of an answer, of at most so many bytes; what is longer is cut off, not read.
 *
 * @param name - of the file
 * @throws BundleIntegrityError when it is longer, or breaks off
 */
export async function readStream(response: Response, name: string, most: number): Promise<Uint8Array> {
  const stated = statedLength(response);
  if (stated !== null && stated > most) {
    await response.body?.cancel();
    throw new TooLongError(name, most, stated);
  }
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await next(reader, name);
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new TooLongError(name, most, null);
    }
    pieces.push(value);
  }
  const bytes = new Uint8Array(size);
  let place = 0;
  for (const piece of pieces) {
    bytes.set(piece, place);
    place += piece.length;
  }
  return bytes;
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>, name: string) {
  try {
    return await reader.read();
  } catch (error) {
    throw new BundleIntegrityError(
      `${name} did not arrive whole: the connection broke off. Check the connection, and try again.`,
      { cause: error },
    );
  }
}

/** The length that the server states; of what is compressed it says nothing. */
function statedLength({ headers }: Response): number | null {
  const coding = headers.get("Content-Encoding") ?? "identity";
  const length = headers.get("Content-Length") ?? "";
  return coding === "identity" && /^[0-9]+$/.test(length) ? Number(length) : null;
}
