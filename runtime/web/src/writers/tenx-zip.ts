/** A 10x matrix folder as Cell Ranger 3 writes it, in a zip file. */

import { gzipSync, Zip, ZipPassThrough } from "fflate";
import { DataError } from "../errors.js";
import type { Csr, GeneTable } from "../readers/types.js";
import { features, oneLine } from "./features.js";
import { NUMBER_BYTES, writeInteger, writeNumber } from "./numbers.js";

const HEADER_BYTES = 256;
/** Of gzip: a fifth larger than the default, several times faster. */
const LEVEL = 1;
/** A zip file of the plain kind holds no more. */
const MOST_BYTES = 0xffffffff - (1 << 20);

/** What the folder is of. */
export interface TenxContents {
  /** Of the folder within the zip file. */
  readonly folder: string;
  readonly cells: readonly string[];
  readonly genes: GeneTable;
  /** Of every gene `imputed`, or why it is not. */
  readonly reasons: readonly string[];
  readonly record: object;
}

/**
 * Takes blocks of cells, and gives the zip file: `matrix.mtx.gz` (genes x cells, real), `features.tsv.gz`,
 * `barcodes.tsv.gz`, `cellfill_genes.tsv` and `cellfill.json`.
 *
 * Every block is a member of the gzip file of its own, the first member, which holds the number of values, too.
 */
export class TenxZip {
  readonly #contents: TenxContents;
  readonly #members: Uint8Array<ArrayBuffer>[] = [];
  #cells = 0;
  #values = 0;
  #bytes = 0;

  constructor(contents: TenxContents) {
    this.#contents = contents;
  }

  /**
   * Append a block of cells.
   *
   * @throws DataError when the file becomes larger than a zip file can be
   */
  add(block: Csr): void {
    const member = asOwn(gzipSync(coordinateLines(block, this.#cells), { level: LEVEL, mtime: 0 }));
    this.#members.push(member);
    this.#cells += block.cells;
    this.#values += block.indptr[block.cells] - block.indptr[0];
    this.#bytes += member.byteLength;
    if (this.#bytes > MOST_BYTES)
      throw new DataError(
        "The imputed counts are more than a zip file holds (4 GB). Download chosen genes, or cut the dataset into parts.",
      );
  }

  /** The zip file. */
  end(): Blob {
    const { folder, cells, genes, reasons, record } = this.#contents;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let failed: Error | null = null;
    const zip = new Zip((error, chunk) => {
      if (error) failed = error;
      else parts.push(asOwn(chunk));
    });
    const write = (name: string, chunks: readonly Uint8Array[]) => {
      const entry = new ZipPassThrough(`${folder}/${name}`);
      entry.mtime = new Date(1980, 0, 1);
      zip.add(entry);
      for (const chunk of chunks) entry.push(chunk);
      entry.push(new Uint8Array(0), true);
    };
    const header = gzipSync(this.#header(genes.index.length), { level: 0, mtime: 0 });
    write("matrix.mtx.gz", [header, ...this.#members]);
    write("features.tsv.gz", [zipped(features(genes))]);
    write("barcodes.tsv.gz", [zipped(cells.map((cell) => `${oneLine(cell)}\n`).join(""))]);
    const rows = reasons.map((reason, gene) => `${oneLine(genes.index[gene])}\t${oneLine(reason)}\n`);
    write("cellfill_genes.tsv", [encoded(`gene\timputed_reason\n${rows.join("")}`)]);
    write("cellfill.json", [encoded(`${JSON.stringify(record, null, 1)}\n`)]);
    zip.end();
    if (failed) throw failed;
    return new Blob(parts, { type: "application/zip" });
  }

  #header(genes: number): Uint8Array {
    const first = "%%MatrixMarket matrix coordinate real general\n%";
    const last = `\n${genes} ${this.#cells} ${this.#values}\n`;
    return encoded(first + " ".repeat(Math.max(0, HEADER_BYTES - first.length - last.length)) + last);
  }
}

/** Lines of gene, cell and value, numbered from 1. */
function coordinateLines(block: Csr, firstCell: number): Uint8Array {
  const start = block.indptr[0];
  const values = block.indptr[block.cells] - start;
  // Two whole numbers of ten digits at most, a value, two blanks and an end of line.
  const lines = new Uint8Array(values * (NUMBER_BYTES + 23));
  let at = 0;
  for (let cell = 0; cell < block.cells; cell++) {
    for (let entry = block.indptr[cell]; entry < block.indptr[cell + 1]; entry++) {
      at = writeInteger(lines, at, block.indices[entry] + 1);
      lines[at++] = 32;
      at = writeInteger(lines, at, firstCell + cell + 1);
      lines[at++] = 32;
      at = writeNumber(lines, at, block.values[entry]);
      lines[at++] = 10;
    }
  }
  return lines.subarray(0, at);
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function zipped(text: string): Uint8Array {
  return gzipSync(encoded(text), { level: LEVEL, mtime: 0 });
}

/** Bytes of a buffer that nobody shares, as a Blob takes them. */
function asOwn(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}
