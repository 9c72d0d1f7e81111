/** The files that name the genes and cells of a Matrix Market file, as the programs that write them call them. */

import { DataError } from "../../errors.js";
import { byCharacters, clip } from "../../text/quoting.js";
import type { StoredFile } from "../stored-file.js";

const GENES = ["features", "genes", "gene_names"];
const CELLS = ["barcodes", "cells", "cell_names"];
const ENDINGS = ["tsv", "txt", "csv"];

/** Files beside a matrix. */
export interface NamesBeside {
  /** One name a line, perhaps more in further columns. */
  readonly genes: StoredFile;
  readonly cells: StoredFile;
  /** Symbols of the genes, where these are in a file of their own. */
  readonly symbols: StoredFile | null;
  /** Whether the program that writes such names has genes in rows; tells where a matrix is square. */
  readonly genesInRows: boolean;
}

/** The matrices among files, gzipped or not: each `matrix.mtx`, or what else ends in `.mtx`. */
export function findMatrices(files: readonly StoredFile[]): StoredFile[] {
  const found = files.filter(({ name }) => /\.mtx(\.gz)?$/.test(name));
  const usual = found.filter(({ name }) => /matrix\.mtx(\.gz)?$/.test(name));
  return (usual.length ? usual : found).sort((a, b) => byCharacters(a.path, b.path));
}

/**
 * Find the names of a matrix: of Cell Ranger, STARsolo, kallisto | bustools, alevin-fry, Expression Atlas.
 *
 * | matrix | genes | cells |
 * | --- | --- | --- |
 * | `Xmatrix.mtx` | `Xfeatures.tsv`, `Xgenes.tsv` | `Xbarcodes.tsv` |
 * | `X.mtx` (kallisto) | `X.genes.txt` | `X.barcodes.txt` |
 * | `X.mtx` (alevin-fry) | `X_cols.txt` | `X_rows.txt` |
 * | `X.mtx` (Expression Atlas) | `X.mtx_rows` | `X.mtx_cols` |
 * | `anything.mtx` (STARsolo) | `features.tsv` | `barcodes.tsv` |
 *
 * Each may be gzipped; `.txt` and `.csv` are taken for `.tsv`.
 *
 * @param files - all that were given
 * @throws DataError when there are none; says how they may be called
 */
export function namesBeside(matrix: StoredFile, files: readonly StoredFile[]): NamesBeside {
  const there = new Map<string, StoredFile>();
  const beside = files
    .filter(({ folder }) => folder === matrix.folder)
    .sort((a, b) => byCharacters(a.name, b.name));
  for (const file of beside) there.set(file.name.replace(/\.gz$/, ""), file); // of two the gzipped one: it comes last
  const stem = matrix.name.replace(/\.mtx(\.gz)?$/, "");
  const genes = first(there, geneFiles(stem));
  const cells = first(there, cellFiles(stem));
  if (!genes || !cells) throw new DataError(lacking(matrix, stem, !genes));
  const plain = genes.name.replace(/\.gz$/, "");
  return {
    genes,
    cells,
    symbols: plain.endsWith(".genes.txt") ? (there.get(plain.replace(/\.txt$/, ".names.txt")) ?? null) : null,
    genesInRows: !plain.endsWith(".genes.txt") && !plain.endsWith("_cols.txt"),
  };
}

function first(there: ReadonlyMap<string, StoredFile>, names: Iterable<string>): StoredFile | undefined {
  for (const name of names) if (there.has(name)) return there.get(name);
  return undefined;
}

function* geneFiles(stem: string): Generator<string> {
  for (const name of ["features", "genes"]) yield `${stem.replace(/matrix$/, "")}${name}.tsv`;
  for (const base of bases(stem)) yield* [`${base}.genes.txt`, `${base}_cols.txt`, `${base}.mtx_rows`];
  yield* others(stem, GENES);
}

function* cellFiles(stem: string): Generator<string> {
  yield `${stem.replace(/matrix$/, "")}barcodes.tsv`;
  for (const base of bases(stem)) yield* [`${base}.barcodes.txt`, `${base}_rows.txt`, `${base}.mtx_cols`];
  yield* others(stem, CELLS);
}

/** A name, and what is left of it before each dot: `cells_x_genes.mature` has the names of the rest. */
function* bases(stem: string): Generator<string> {
  yield stem;
  for (let at = stem.lastIndexOf("."); at >= 0; at = stem.lastIndexOf(".", at - 1)) {
    yield stem.slice(0, at);
    if (at === 0) return;
  }
}

function* others(stem: string, words: readonly string[]): Generator<string> {
  const before = [..."._-"].map((mark) => `${stem}${mark}`);
  for (const match of [...stem.matchAll(/[._-]/g)].reverse()) before.push(stem.slice(0, match.index + 1));
  for (const prefix of [...before, ""])
    for (const word of words) for (const ending of ENDINGS) yield `${prefix}${word}.${ending}`;
}

function lacking(matrix: StoredFile, stem: string, genes: boolean): string {
  const prefix = stem.endsWith("matrix") ? stem.slice(0, -"matrix".length) : "";
  const short = clip(stem, 60);
  const usual = genes ? `${prefix}features.tsv or ${prefix}genes.tsv (10x)` : `${prefix}barcodes.tsv (10x)`;
  const more = genes
    ? `${short}.genes.txt (kallisto), ${short}_cols.txt (alevin-fry), ${short}.mtx_rows (Expression Atlas)`
    : `${short}.barcodes.txt (kallisto), ${short}_rows.txt (alevin-fry), ${short}.mtx_cols (Expression Atlas)`;
  return (
    `${matrix.folder || "What was chosen"} has no ${usual} beside ${matrix.name}, nor ${more}: it holds the names of the ` +
    `${genes ? "genes" : "cells"}. Fetch it too, and choose them together; each may be gzipped.`
  );
}
