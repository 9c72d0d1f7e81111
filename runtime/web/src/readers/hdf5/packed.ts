/** An HDF5 file that was gzipped: it is unpacked as a whole, since HDF5 reads at any place. */

import { DataError } from "../../errors.js";
import type { StoredFile } from "../stored-file.js";
import { isGzip, unpacked } from "../text/unpacked.js";

/** Bytes that are unpacked at most; what is not packed may be larger, since it stays on the disk. */
const MOST_UNPACKED = 1.5e9;
const PART = 1 << 24;

/**
 * The content of an HDF5 file: the file itself, or what was gzipped.
 *
 * @param most - bytes that are unpacked at most
 * @throws DataError when what is unpacked is larger than a page can hold
 * @throws Error in Python's words, when what is packed is damaged
 */
export async function unpackedHdf5(file: StoredFile, most = MOST_UNPACKED): Promise<Blob> {
  if (!isGzip(await file.start(2))) return await file.whole();
  const blobs: Blob[] = []; // a browser can put these on the disk
  let [parts, length, total]: [Uint8Array<ArrayBuffer>[], number, number] = [[], 0, 0];
  for await (const part of unpacked(file)) {
    total += part.length;
    if (total > most)
      throw new DataError(
        `${file.name} is compressed, and holds more than ${(most / 1e9).toFixed(1)} GB, more than a page can unpack. Unpack it ` +
          "first (most systems do on a double click), and choose what comes out: that is read by parts.",
      );
    parts.push(part as Uint8Array<ArrayBuffer>);
    length += part.length;
    if (length < PART) continue;
    blobs.push(new Blob(parts));
    [parts, length] = [[], 0];
  }
  return new Blob([...blobs, ...parts]);
}
