/** What the head of a Matrix Market file says. */

import { grouped } from "../../text/figures.js";
import type { StoredFile } from "../stored-file.js";
import { lines } from "../text/lines.js";
import { isGzip } from "../text/unpacked.js";

export const LONGEST_LINE = 1 << 20;
// The shortest line of a value is "1 1\n"; gzip packs real ones to a tenth, and a file that was made to fill memory to a
// thousandth.
const [LEAST_BYTES, LEAST_DENSE_BYTES, MOST_PACKED] = [4, 2, 100];

/** The head of a matrix. */
export interface MtxHead {
  readonly rows: number;
  readonly columns: number;
  /** Number of values that are listed. */
  readonly values: number;
  /** Whether every value is there, column by column. */
  readonly isDense: boolean;
  /** Whether places are listed without values, which are 1. */
  readonly isPattern: boolean;
  /** What the head calls them; files that say integer may hold fractions. */
  readonly dtype: "int64" | "float64";
  /** Lines before those of values. */
  readonly lines: number;
}

/**
 * Read the head of a matrix, and refuse more values than such a file can hold.
 *
 * @throws Error when it is none
 */
export async function readHead(file: StoredFile): Promise<MtxHead> {
  let banner: string[] = [];
  let number = 0;
  for await (const line of lines(file, LONGEST_LINE)) {
    number++;
    if (number === 1) {
      banner = line.trim().toLowerCase().split(/\s+/);
      if (!line.toLowerCase().startsWith("%%matrixmarket")) break;
    } else if (line.trim() !== "" && !line.startsWith("%")) {
      return await head(file, banner, line, number);
    }
  }
  if (!banner[0]?.startsWith("%%matrixmarket"))
    throw new Error(`${file.name} does not begin as a Matrix Market file`);
  throw new Error(`${file.name} does not say its shape`);
}

async function head(file: StoredFile, banner: readonly string[], line: string, lines: number): Promise<MtxHead> {
  const [, , format = "coordinate", field = "real", symmetry = "general"] = banner;
  const numbers = line.trim().split(/\s+/).map(Number);
  const isDense = format === "array";
  if (![2, 3].includes(numbers.length) || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new Error(`${file.name} does not say its shape`);
  if ((isDense && numbers.length === 3) || (!isDense && (format !== "coordinate" || numbers.length === 2)))
    throw new Error(
      `${file.name} is of the form ${format}, which does not go with ${numbers.length} numbers in its head`,
    );
  if (symmetry !== "general") throw new Error(`${file.name} is ${symmetry}, which no matrix of cells and genes is`);
  if (!["integer", "unsigned-integer", "real", "double", "pattern"].includes(field))
    throw new Error(`${file.name} holds ${field} values`);
  const [rows, columns] = numbers;
  const values = isDense ? rows * columns : numbers[2];
  const size = file.size * (isGzip(await file.start(2)) ? MOST_PACKED : 1);
  if (values > Math.min(rows * columns, Math.floor(size / (isDense ? LEAST_DENSE_BYTES : LEAST_BYTES))))
    throw new Error(`${file.name} says that it has ${grouped(values)} values, more than it can hold`);
  const dtype = field.endsWith("integer") ? "int64" : "float64";
  return { rows, columns, values, isDense, isPattern: field === "pattern", dtype, lines };
}
