/** A file may name others, as links or as sources of an array: these are not read. */

import { DataError } from "../../errors.js";
import { quotedAscii } from "../../text/quoting.js";

/** The refusal of a file that does not hold all its data. */
export function elsewhere(file: string, path: string, what: string): DataError {
  return new DataError(
    `${file} does not hold all its data: ${quotedAscii(path.replace(/^\//, "")).slice(1, -1)} is ${what}, and cellfill reads ` +
      "and writes no file that nobody named. If you trust it, read it with anndata and write it again, as one file.",
  );
}
