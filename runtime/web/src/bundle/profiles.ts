/** What a cell of each type is made of, `profiles.tsv`: by it cells of other types are told. */

import { BundleError } from "../errors.js";
import { commas } from "../text/quoting.js";
import { leafNames } from "./classes.js";
import { PROFILES } from "./files.js";
import { parseTable, sameRow, tableNumbers } from "./table.js";
import type { Classes, GeneIndex, Profiles } from "./types.js";

const MAX_SHARES = 4_000_000;
const LEAST = Math.fround(1e-12);
const SUM_TOLERANCE = 1e-3;

/**
 * Parse and check the bytes of a `profiles.tsv`.
 *
 * @param genes - of the same model: its input genes are the rows
 * @param classes - of the same model: its leaf classes are the columns
 * @throws BundleError when it is not of the declared form, or not of these genes and classes
 */
export function parseProfiles(bytes: Uint8Array, genes: GeneIndex, classes: Classes): Profiles {
  const inputs = Array.from(genes.inputs, (row) => genes.ensemblIds[row] || genes.symbols[row]);
  const leaves = leafNames(classes);
  const size = inputs.length * leaves.length;
  if (size > MAX_SHARES)
    throw new BundleError(`${PROFILES} has ${commas(size)} shares, over the bound of ${commas(MAX_SHARES)}.`);
  const line = 40 + 110 * (1 + leaves.length);
  const { header, rows } = parseTable(bytes, { file: PROFILES, rows: inputs.length, line });
  if (!sameRow(header, ["gene", ...leaves]))
    throw new BundleError(`${PROFILES} does not have the leaf classes of classes.tsv for columns, in their order.`);
  if (
    !sameRow(
      rows.map(([gene]) => gene),
      inputs,
    )
  )
    throw new BundleError(`${PROFILES} does not have the input genes of genes.tsv for rows, in their order.`);
  const shares = new Float32Array(tableNumbers(rows, 1, `${PROFILES} has a field that is no number`));
  if (!shares.every((share) => share >= LEAST && share <= 1))
    throw new BundleError(`${PROFILES} has shares that are not from 1e-12 to 1.`);
  const sums = new Float64Array(leaves.length);
  shares.forEach((share, place) => {
    sums[place % leaves.length] += share;
  });
  if (!sums.every((sum) => Math.abs(sum - 1) <= SUM_TOLERANCE))
    throw new BundleError(`${PROFILES} has a column that does not sum to 1.`);
  return { shares, leaves: leaves.length };
}
