/** Cells, and what the graph gave for them when it was made, `golden.json`: whoever runs a bundle can check it. */

import { BundleError } from "../errors.js";
import { clip, commas, least, quoted, quotedAscii } from "../text/quoting.js";
import { GOLDEN } from "./files.js";
import type { Signature } from "./graph/signature.js";
import { type Decoded, decode, list, number, record, text, whole } from "./strict.js";
import type { GeneIndex, Golden } from "./types.js";

const MAX_CELLS = 20;
const MAX_COLUMNS = 200;
const MAX_COUNT = 1_000_000;
const MOST = 1e12;

const goldenCell = record({ genes: list(whole), counts: list(whole), size_factor: number });
const goldenOutput = record({ name: text, columns: list(whole), values: list(list(number)) });
const golden = record(
  { genes: list(text), missing: list(text), cells: list(goldenCell), outputs: list(goldenOutput) },
  (found) => {
    const count = found.cells.length;
    if (!count || count > MAX_CELLS) refuse(` has ${count} cells, not 1 to ${MAX_CELLS}`);
    for (const cell of found.cells) checkCell(cell, found.genes.length);
    for (const output of found.outputs) checkOutput(output, count);
    if (new Set([...found.genes, ...found.missing]).size !== found.genes.length + found.missing.length)
      refuse(" names a gene twice, or one that is said to be missing");
  },
);

/**
 * Parse and check the bytes of a `golden.json`; whether its values are right is for who runs the graph.
 *
 * @throws BundleError when it is malformed, or not of this graph and these genes
 */
export function parseGolden(bytes: Uint8Array, genes: GeneIndex, { outputs }: Signature): Golden {
  const found = decode(golden, bytes, GOLDEN);
  const known = new Set(genes.ensemblIds.map((id, row) => id || genes.symbols[row]));
  const strangers = [...found.genes, ...found.missing].filter((name) => !known.has(name));
  if (strangers.length) refuse(` names ${quotedAscii(clip(least(strangers), 60))}, which is no gene of genes.tsv`);
  const names = [...outputs.keys()];
  if (found.outputs.length !== names.length || found.outputs.some((output, i) => output.name !== names[i]))
    refuse(" does not have the outputs that the manifest states, in their order");
  for (const { name, columns } of found.outputs)
    if (columns[columns.length - 1] >= (outputs.get(name) ?? 0))
      refuse(` has a column of ${quoted(name)} beyond its last`);
  return {
    genes: found.genes,
    missing: found.missing,
    cells: found.cells.map((cell) => ({ genes: cell.genes, counts: cell.counts, sizeFactor: cell.size_factor })),
    outputs: found.outputs,
  };
}

function checkCell({ genes, counts, size_factor }: Decoded<typeof goldenCell>, known: number): void {
  if (!genes.length || genes.length !== counts.length || !ascends(genes))
    refuse(": the genes of a cell do not ascend, or are not as many as its counts");
  if (counts.some((count) => count < 1 || count > MAX_COUNT))
    refuse(`: a count is not from 1 to ${commas(MAX_COUNT)}`);
  if (!(size_factor > 0 && size_factor <= MOST)) refuse(": a size factor is not positive");
  if (genes[genes.length - 1] >= known) refuse(": a cell has counts of a gene beyond the last that is named");
}

function checkOutput({ name, columns, values }: Decoded<typeof goldenOutput>, cells: number): void {
  if (!columns.length || columns.length > MAX_COLUMNS || !ascends(columns))
    refuse(`: the columns of ${quoted(name)} do not ascend, or are over ${MAX_COLUMNS}`);
  if (values.length !== cells || values.some((row) => row.length !== columns.length))
    refuse(`: the values of ${quoted(name)} are not a row a cell, one a column`);
  if (values.some((row) => row.some((value) => Math.abs(value) > MOST)))
    refuse(`: a value of ${quoted(name)} is beyond 1e+12`);
}

function ascends(values: readonly number[]): boolean {
  return values.every((value, i) => value > (i ? values[i - 1] : -1));
}

function refuse(fault: string): never {
  throw new BundleError(`${GOLDEN}${fault}.`);
}
