/** An AnnData file: the dataset as it is, and the results beside. */

import { Group, File as Hdf5File, ready } from "h5wasm";
import { DataError } from "../errors.js";
import { unpackedHdf5 } from "../readers/hdf5/packed.js";
import type { Csr, Dataset, GeneTable, Matrix } from "../readers/types.js";
import {
  addCategories,
  addGroup,
  addNumbers,
  addPlain,
  addTexts,
  groupOf,
  mark,
  setText,
} from "./h5ad-elements.js";
import { keyText } from "./h5ad-keys.js";
import { CsrWriter } from "./h5ad-matrix.js";
import type { CellMatrix, Column, Record } from "./results.js";
import type { Part, TakenNames } from "./stems.js";

/** A file is made in memory: larger ones are refused. */
export const MOST_BYTES = 1.5e9;
const BLOCK = 1024;
const COPIED = 1 << 24;

/** Options of what takes long. */
export interface Copying {
  readonly onProgress?: (done: number, total: number) => void;
  /** Throws where a person stopped it. */
  readonly mayGoOn?: () => void;
}

/** An AnnData file that is being written, in the memory of the page. */
export class H5ad {
  readonly #file: Hdf5File;
  readonly #path: string;
  readonly #cells: number;
  readonly #genes: number;

  private constructor(file: Hdf5File, path: string, dataset: Dataset) {
    this.#file = file;
    this.#path = path;
    this.#cells = dataset.cells;
    this.#genes = dataset.var.index.length;
  }

  /**
   * Begin a file: a copy of the dataset's own where it is of that format, so that everything in it stays; else one
   * of its matrices, names and columns.
   *
   * @throws DataError when it is larger than a page can hold
   */
  static async begin(dataset: Dataset, options: Copying = {}): Promise<H5ad> {
    // In a browser a folder of memory, in Node of the disk.
    const path = `/tmp/cellfill-${Math.random().toString(36).slice(2)}.h5ad`;
    const { own } = dataset;
    if (dataset.format === "h5ad" && own) {
      const content = await unpackedHdf5(own);
      if (content.size > MOST_BYTES)
        throw new DataError(
          `${own.name} holds ${(content.size / 1e9).toFixed(1)} GB; with the results it is more than a page can hold. ` +
            "Download the table of cells instead, or use cellfill for Python, which writes files of any size.",
        );
      const copied = await copy(content, path, options);
      const root = copied && new H5ad(copied, path, dataset);
      if (root?.hasFrames()) return root;
      if (root) root.discard();
    }
    await ready;
    const made = new H5ad(new Hdf5File(path, "w"), path, dataset);
    try {
      await made.#writeDataset(dataset, options);
    } catch (error) {
      made.discard();
      throw error;
    }
    return made;
  }

  /** Whether cells and genes are described in the manner of anndata 0.7 and newer. */
  hasFrames(): boolean {
    return ["obs", "var"].every((name) => {
      const frame = this.#file.keys().includes(name) ? this.#file.get(name) : null;
      return frame instanceof Group && "column-order" in frame.attrs;
    });
  }

  async #writeDataset(dataset: Dataset, options: Copying): Promise<void> {
    mark(this.#file, "anndata", "0.1.0");
    writeFrame(this.#file, "obs", dataset.cellNames(), dataset.obs);
    writeGenes(this.#file, dataset.var);
    for (const name of ["obsm", "varm", "obsp", "varp", "uns", "layers"]) addGroup(this.#file, name);
    const layers = groupOf(this.#file, "layers");
    for (const matrix of dataset.matrices) {
      if (matrix.name === "raw.X") {
        const raw = addGroup(this.#file, "raw", "raw");
        writeGenes(raw, matrix.var);
        await copyMatrix(matrix, raw, "X", options);
      } else if (matrix.layer === null) await copyMatrix(matrix, this.#file, "X", options);
      else if (layers) await copyMatrix(matrix, layers, keyText(matrix.layer), options);
    }
  }

  /** The names that some parts of the file have. */
  taken(...parts: readonly Part[]): TakenNames {
    return Object.fromEntries(parts.map((part) => [part, new Set(groupOf(this.#file, part)?.keys() ?? [])]));
  }

  /** Add columns to obs or var; texts become categories. */
  addColumns(part: "obs" | "var", columns: ReadonlyMap<string, Column>): void {
    const frame = this.#group(part);
    const order = texts(frame.attrs["column-order"]?.value);
    for (const [name, values] of columns) {
      if (values instanceof Float32Array) addNumbers(frame, name, values);
      else addCategories(frame, name, values);
    }
    setColumnOrder(frame, [...order, ...columns.keys()]);
  }

  /** Add a matrix of cells to obsm. */
  addCellMatrix(name: string, matrix: CellMatrix): void {
    addNumbers(this.#group("obsm"), name, matrix.values, [this.#cells, matrix.columns.length]);
  }

  /** Add a record to uns. */
  addRecord(name: string, record: Record): void {
    addPlain(this.#group("uns"), name, record);
  }

  /** Begin a layer, which blocks of cells are then appended to. */
  beginLayer(name: string): CsrWriter {
    return new CsrWriter(this.#group("layers"), name, [this.#cells, this.#genes]);
  }

  #group(name: string): Group {
    const group = groupOf(this.#file, name);
    if (!group)
      throw new DataError(`The file's ${name} is no group, as it is in AnnData files; nothing can be added.`);
    return group;
  }

  /** Close the file and give it. */
  async end(): Promise<Blob> {
    const { FS } = await ready;
    this.#file.close();
    const parts: Blob[] = [];
    try {
      const { size } = FS.stat(this.#path);
      const stream = FS.open(this.#path, "r");
      // Part by part: a browser can put parts on the disk, and no second copy of the whole is made.
      for (let at = 0; at < size; at += COPIED) {
        const bytes = new Uint8Array(Math.min(COPIED, size - at));
        FS.read(stream, bytes, 0, bytes.length, at);
        parts.push(new Blob([bytes]));
      }
      FS.close(stream);
      return new Blob(parts, { type: "application/x-hdf5" });
    } finally {
      FS.unlink(this.#path);
    }
  }

  /** Give its memory back; after an error. */
  discard(): void {
    this.#file.close();
    void ready.then(({ FS }) => FS.unlink(this.#path)).catch(() => undefined);
  }
}

/** Copy a file into the memory that HDF5 writes in, and open it; null where HDF5 does not. */
async function copy(own: Blob, path: string, options: Copying): Promise<Hdf5File | null> {
  const { FS } = await ready;
  const stream = FS.open(path, "w");
  try {
    for (let at = 0; at < own.size; at += COPIED) {
      options.mayGoOn?.();
      const bytes = new Uint8Array(await own.slice(at, at + COPIED).arrayBuffer());
      FS.write(stream, bytes, 0, bytes.length, at);
    }
  } finally {
    FS.close(stream);
  }
  const file = openedToWrite(path);
  if (!file) FS.unlink(path);
  return file;
}

/** A file that HDF5 opened; it does not always throw where it cannot. */
function openedToWrite(path: string): Hdf5File | null {
  try {
    const file = new Hdf5File(path, "a");
    return file.file_id >= 0n ? file : null;
  } catch {
    return null;
  }
}

async function copyMatrix(matrix: Matrix, parent: Group, name: string, options: Copying): Promise<void> {
  const writer = new CsrWriter(parent, name, [matrix.cells, matrix.genes]);
  for (let from = 0; from < matrix.cells; from += BLOCK) {
    options.mayGoOn?.();
    const block: Csr = await matrix.read(from, Math.min(from + BLOCK, matrix.cells));
    writer.add(block);
    options.onProgress?.(Math.min(from + BLOCK, matrix.cells), matrix.cells);
  }
  writer.finish();
}

function writeGenes(parent: Group, genes: GeneTable): void {
  writeFrame(parent, "var", genes.index, new Map(genes.columns.map(({ label, texts }) => [label, texts])));
}

function writeFrame(
  parent: Group,
  name: string,
  index: readonly string[],
  columns: ReadonlyMap<string, readonly string[]>,
): void {
  const frame = parent.create_group(name);
  mark(frame, "dataframe", "0.2.0");
  setText(frame, "_index", "_index");
  addTexts(frame, "_index", index);
  const written = new Set<string>(["_index"]);
  for (const [label, texts] of columns) {
    const key = keyText(label);
    if (written.has(key)) continue;
    written.add(key);
    if (new Set(texts).size * 2 < texts.length) addCategories(frame, key, texts);
    else addTexts(frame, key, texts);
  }
  written.delete("_index");
  setColumnOrder(frame, [...written]);
}

function setColumnOrder(frame: Group, names: readonly string[]): void {
  if ("column-order" in frame.attrs) frame.delete_attribute("column-order");
  if (names.length === 0) frame.create_attribute("column-order", new Float64Array(0), [0]);
  else frame.create_attribute("column-order", [...names], [names.length], "S");
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === "string") : [];
}
