/** Some cells of a model's studies, `reference.tsv`: the map on which new cells are drawn. */

import { BundleError } from "../errors.js";
import { clip, quotedAscii } from "../text/quoting.js";
import { REFERENCE } from "./files.js";
import { checkName, parseTable, sameRow, tableNumbers } from "./table.js";
import type { Reference } from "./types.js";

const MAX_CELLS = 50_000;
const MAX_NUMBERS = 4_000_000;
const MOST = 1e9;

/** What the cells of a reference may be of. */
export interface ReferenceOf {
  /** Names of the embedding's. */
  readonly dimensions: readonly string[];
  /** Of the manifest. */
  readonly studies: ReadonlySet<string>;
  /** Of the model; null for one that names none, whose reference may have any. */
  readonly types: ReadonlySet<string> | null;
}

/**
 * Parse and check the bytes of a `reference.tsv`.
 *
 * @throws BundleError when it is not of the declared form, or of other studies, types or dimensions
 */
export function parseReference(bytes: Uint8Array, { dimensions, studies, types }: ReferenceOf): Reference {
  const most = Math.min(MAX_CELLS, Math.floor(MAX_NUMBERS / dimensions.length));
  const line = 400 + 110 * dimensions.length;
  const { header, rows } = parseTable(bytes, { file: REFERENCE, rows: most, line });
  if (!sameRow(header, ["study", "type", ...dimensions]))
    throw new BundleError(`${REFERENCE} must have the columns study and type, and the embedding's dimensions.`);
  if (!rows.length) throw new BundleError(`${REFERENCE} has no cells.`);
  rows.forEach(([study, type], place) => {
    const where = `${REFERENCE}, line ${place + 2}`;
    if (!studies.has(study))
      throw new BundleError(`${where}: ${quotedAscii(clip(study, 40))} is no study of the manifest.`);
    if (type && types && !types.has(type))
      throw new BundleError(`${where}: ${quotedAscii(clip(type, 40))} is no type of classes.tsv.`);
    if (type && !types) checkName(type, where, "a cell type");
  });
  const coordinates = tableNumbers(rows, 2, `${REFERENCE} has a coordinate that is no number`);
  if (!coordinates.every((value) => Math.abs(value) <= MOST))
    throw new BundleError(`${REFERENCE} has coordinates beyond 1e+09.`);
  return {
    studies: rows.map(([study]) => study),
    types: rows.map(([, type]) => type),
    dimensions,
    coordinates: new Float32Array(coordinates),
  };
}
