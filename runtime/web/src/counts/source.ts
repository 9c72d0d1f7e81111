/** Find the counts of a dataset: look at its matrices, choose one, and read counts from it block by block. */

import { CountsError } from "../errors.js";
import { withTypesOf } from "../genes/kinds.js";
import { stacked } from "../readers/sparse.js";
import type { Csr, Dataset, Matrix } from "../readers/types.js";
import { grouped } from "../text/figures.js";
import { extent, type Kind, type Look, look, MOST_COUNT } from "./appearance.js";
import { general } from "./figures.js";
import { askedFor, columnsIn, countsWanted, layersToLookAt, othersThan, rawToLookAt } from "./matrices.js";
import { recover } from "./recover.js";

// So many cells are looked at, in runs spread over the dataset; every block is checked again when it is read.
const [SAMPLE_CELLS, RUN] = [2000, 100];
const NUMBER = /^(bool|u?int\d+|float\d+)$/;

/** Where the counts of a dataset come from, decided. */
export interface Chosen {
  readonly matrix: Matrix;
  /** What its values are. */
  readonly kind: Kind;
  readonly saw: string;
  /** For every gene of the dataset its column in `matrix`; null where they are the same. */
  readonly columns: Int32Array | null;
  counts(from: number, to: number): Promise<Csr>;
}

/**
 * Find counts in a dataset, looking at a sample of its cells.
 *
 * The layer asked for; or `X` where it holds counts; a layer that does, the usual names first; `raw.X`; and last what
 * counts can be had from exactly, in the order `X`, `raw.X`, but `raw.X` first where it has more genes: `X` is often cut
 * down to the variable ones, which make no library size.
 *
 * @param layer - the layer that holds the counts, if it is known; `X`, or `raw` where no layer is called that, for `raw.X`
 * @throws DataError when there is no such layer, or `raw` has not all genes of the dataset
 * @throws CountsError when there are no counts and nothing to have them from; says what was seen
 */
export async function chooseCounts(dataset: Dataset, layer?: string): Promise<Chosen> {
  if (layer === undefined) return await searched(dataset);
  const matrix = askedFor(dataset, layer);
  const found = await lookAt(matrix);
  if (found.kind === null)
    throw new CountsError(`${matrix.name} ${found.seen}. ${countsWanted(othersThan(dataset, matrix))}.`);
  return chosen(dataset, matrix, found, `${matrix.name} ${found.seen}${turned(found)}; it was asked for`);
}

async function searched(dataset: Dataset): Promise<Chosen> {
  const first = dataset.matrices.find((one) => one.name === "X") ?? null;
  const seen = first && (await lookAt(first));
  if (first && seen && (seen.kind === "counts" || seen.kind === "near-counts"))
    return chosen(dataset, first, seen, `X ${seen.seen}${turned(seen)}`);
  const ofX = seen === null ? "X is absent" : `X ${seen.seen}`;
  for (const matrix of [...layersToLookAt(dataset), ...rawToLookAt(dataset)]) {
    const found = await lookAt(matrix);
    if (found.kind === "counts") return chosen(dataset, matrix, found, `${ofX}; ${matrix.name} holds counts: used`);
    if (matrix.name !== "raw.X" || found.kind === null) continue;
    const more = matrix.var.index.length - dataset.var.index.length;
    const alone = seen === null || seen.kind === null;
    if (!alone && more <= 0) continue;
    const beyond = alone ? "" : `, of ${grouped(more)} genes more`;
    return chosen(dataset, matrix, found, `${ofX}; ${matrix.name} ${found.seen}${beyond}${turned(found)}`);
  }
  if (first && seen && seen.kind !== null) return chosen(dataset, first, seen, `${ofX}${turned(seen)}`);
  const others = dataset.matrices.filter((one) => one.name !== "X").map((one) => one.name);
  const looked = others.length ? `, and none of ${others.slice(0, 5).join(", ")} holds counts` : "";
  throw new CountsError(`${ofX}${looked}. ${countsWanted(othersThan(dataset, first))}.`);
}

/** Say what is made of values. */
function turned({ kind }: Look): string {
  if (kind === "near-counts") return ", used as they are";
  if (kind !== "log1p-counts" && kind !== "normalised-counts") return "";
  return ": the counts were recovered exactly, but for a factor that all counts of a cell share, if any do";
}

function chosen(dataset: Dataset, of: Matrix, found: Look, saw: string): Chosen {
  const matrix = { ...of, var: withTypesOf(of.var, dataset.var) };
  const others = othersThan(dataset, of);
  const counts = async (from: number, to: number): Promise<Csr> => {
    const block = await of.read(from, to);
    const turnedInto = intoCounts(block, found);
    if (typeof turnedInto !== "string") return { ...block, values: turnedInto };
    throw new CountsError(
      `${of.name} ${turnedInto} in cells ${grouped(from)} to ${grouped(from + block.cells - 1)}, though elsewhere it ` +
        `${found.seen}. ${countsWanted(others)}.`,
    );
  };
  return { matrix, kind: found.kind ?? "counts", saw, columns: columnsIn(dataset, of), counts };
}

/** Check the values of a block and make counts of them; or say what is wrong with them. */
function intoCounts({ values, indptr }: Csr, { kind, undoing }: Look): Float32Array | string {
  if (values.length === 0) return new Float32Array(0);
  const [low, high] = extent(values);
  if (!(low > 0 && high <= MOST_COUNT)) return `holds values from ${general(low, 4)} to ${general(high, 4)}`;
  if (kind === "counts" || kind === "near-counts") {
    const fraction = kind === "counts" ? firstFraction(values) : -1;
    if (fraction >= 0) return `holds fractions (for example ${general(values[fraction], 4)})`;
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }
  const found = recover(values, indptr, undoing);
  const odd = found.proven.reduce((number, cell) => number + (cell ? 0 : 1), 0);
  if (odd) return `holds values that are no multiples of counts in ${grouped(odd)} cells,`;
  if (extent(found.counts)[1] > MOST_COUNT) return "holds more than a cell has molecules";
  return Float32Array.from(found.counts);
}

/** Place of the first value that is no whole number, -1 where all are; none is so large that a whole number of 32 bits ends. */
function firstFraction(values: Csr["values"]): number {
  for (let i = 0; i < values.length; i++) if ((values[i] | 0) !== values[i]) return i;
  return -1;
}

/** Read a sample and judge it. */
async function lookAt(matrix: Matrix): Promise<Look> {
  const { cells, genes, dtype } = matrix;
  if (cells === 0 || genes === 0)
    throw new CountsError(`${matrix.name} is empty: its shape is (${cells}, ${genes}) (cells x genes).`);
  if (!NUMBER.test(dtype))
    return {
      kind: null,
      seen: `holds ${dtype} values, not numbers`,
      undoing: { form: "linear", precision: 2 ** -23, step: 0 },
    };
  const blocks: Csr[] = [];
  for (const [from, to] of runs(cells)) blocks.push(await matrix.read(from, to));
  return look(stacked(blocks, genes), dtype);
}

/** Runs of cells, spread over the dataset. */
function* runs(cells: number): Generator<[number, number]> {
  if (cells <= SAMPLE_CELLS) {
    yield [0, cells];
    return;
  }
  const number = SAMPLE_CELLS / RUN;
  const step = (cells - RUN) / (number - 1);
  for (let run = 0; run < number; run++) {
    const start = run === number - 1 ? cells - RUN : Math.floor(run * step);
    yield [start, start + RUN];
  }
}
