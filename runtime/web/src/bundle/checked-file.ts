/** Read one file of a bundle from a stranger: bounded, once, and hashed before anything looks into it. */

import { BundleIntegrityError, CellfillError } from "../errors.js";
import { commas } from "../text/quoting.js";
import { mostBytes } from "./files.js";
import type { BundleFiles, FileRecord } from "./types.js";

/** A file has more bytes than were asked for; what the reader says of it depends on who asked. */
export class TooLongError extends BundleIntegrityError {
  /**
   * @param name - of the file
   * @param bytes - how many it has, as far as that is known
   */
  constructor(
    name: string,
    most: number,
    readonly bytes: number | null,
  ) {
    super(`${name} has ${bytes === null ? "more" : commas(bytes)} bytes, over the bound of ${commas(most)}.`);
    this.name = "BundleIntegrityError";
  }
}

/**
 * SHA-256 in hexadecimal digits.
 *
 * @throws CellfillError where the browser does not give it
 */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle)
    throw new CellfillError(
      "The model cannot be checked: browsers give SHA-256 to secure pages only, and this one is not. Open the page by " +
        "https, or by localhost or 127.0.0.1 where it is served by this computer.",
    );
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Read one file, once: what is returned is what was hashed.
 *
 * @param record - what the manifest says of the file
 * @throws BundleIntegrityError when it is absent, over its bound, or not the file that the manifest names
 */
export async function readChecked(files: BundleFiles, name: string, record: FileRecord): Promise<Uint8Array> {
  const bound = mostBytes(name);
  if (record.size > bound)
    throw refusal(
      files,
      name,
      `has ${commas(record.size)} bytes by the manifest, over the bound of ${commas(bound)}: not a model`,
    );
  const bytes = await readBounded(files, name, record.size);
  if (bytes === null) throw refusal(files, name, "cannot be read: No such file or directory");
  if (bytes.length !== record.size || (await sha256Of(bytes)) !== record.sha256) throw otherFile(files, name);
  return bytes;
}

/**
 * Read a file of at most so many bytes; null where there is none.
 *
 * @throws BundleIntegrityError when it has more
 */
export async function readBounded(
  files: BundleFiles,
  name: string,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let found: Uint8Array | null;
  try {
    found = await files.read(name, most);
  } catch (error) {
    if (error instanceof TooLongError) throw tooLong(files, name, { most, bytes: error.bytes });
    throw error;
  }
  if (found === null) return null;
  if (found.length > most) throw tooLong(files, name, { most, bytes: found.length });
  // What is shared could be changed after it was hashed.
  return found.buffer instanceof ArrayBuffer
    ? new Uint8Array(found.buffer, found.byteOffset, found.length)
    : found.slice();
}

/** A file that is longer than the manifest says is another; one over its bound is no model's. */
function tooLong(
  files: BundleFiles,
  name: string,
  { most, bytes }: { most: number; bytes: number | null },
): BundleIntegrityError {
  const bound = mostBytes(name);
  if ((bytes ?? most + 1) <= bound) return otherFile(files, name);
  const size = bytes === null ? "more" : commas(bytes);
  return refusal(files, name, `has ${size} bytes, over the bound of ${commas(bound)}: not a model`);
}

function refusal({ where }: BundleFiles, name: string, fault: string): BundleIntegrityError {
  return new BundleIntegrityError(`${where}/${name} ${fault}. Get the model again.`);
}

function otherFile(files: BundleFiles, name: string): BundleIntegrityError {
  return refusal(
    files,
    name,
    "is not the file that the manifest names (its size or SHA-256 differs): it was damaged or changed",
  );
}
