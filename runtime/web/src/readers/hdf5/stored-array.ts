/** An array of an HDF5 file: read by parts along its first axis, no chunk decoded twice in a row. */

import { DataError } from "../../errors.js";
import { dtypeOf, filled, integers, type Kind, kindOf, numbers, places, texts } from "./decode.js";
import { elsewhere } from "./elsewhere.js";
import { calling } from "./library.js";
import type { Metadata } from "./module.js";

/** The most that is kept of the chunk in which a part ended, bytes. Larger chunks are decoded again. */
const MOST_KEPT = 64 << 20;
/** Read at a time, bytes, of what is longer; the library's memory ends at 2 GiB. */
const AT_A_TIME = 32 << 20;
/** Filters that this library undoes: gzip, shuffle, Fletcher's checksum, szip, n bits, scale and offset. */
const KNOWN_FILTERS = new Set([1, 2, 3, 4, 5, 6]);

/** An array. */
export class StoredArray {
  readonly kind: Kind;
  /** As numpy calls it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of what one place of the first axis holds. */
  readonly #step: number;
  readonly #chunk: number;
  readonly about: Metadata;
  #kept: { from: number; bytes: Uint8Array } | null = null;

  /** @throws DataError where it lies in another file, or is compressed in a way that is not known */
  constructor(
    readonly id: bigint,
    readonly path: string,
    readonly file: string,
  ) {
    this.about = calling((module) => module.get_dataset_metadata(id, path));
    this.kind = kindOf(this.about);
    this.dtype = dtypeOf(this.about);
    this.shape = this.about.shape ?? [];
    if (this.about.virtual_sources?.some((source) => source.file_name !== "."))
      throw elsewhere(file, path, "made of parts of other files");
    this.#checkFilters();
    this.#step = this.shape.slice(1).reduce((product, length) => product * length, 1) * this.about.size;
    const chunk = Math.min(this.about.chunks?.[0] ?? 1, Math.max(this.shape[0] ?? 1, 1));
    this.#chunk = chunk * this.#step <= MOST_KEPT ? chunk : 1;
  }

  /** Length of the first axis; 1 for a single value. */
  get length(): number {
    return this.shape[0] ?? 1;
  }

  /** Numbers between two places of the first axis: float32 where they are stored in 32 bits of that or in fewer, else float64. */
  numbers(from = 0, to = this.length): Float32Array | Float64Array {
    return numbers(this.#bytes(from, to), this.about);
  }

  /** Whole numbers between two places. */
  integers(from = 0, to = this.length): Float64Array {
    return integers(this.#bytes(from, to), this.about);
  }

  /** The same, as they are where they have 32 bits and a sign. */
  places(from: number, to: number): Int32Array | Float64Array {
    return places(this.#bytes(from, to), this.about);
  }

  /** The bytes of records between two places, in a copy; texts of any length in them are taken by `take` from the library. */
  records<T>(
    from: number,
    to: number,
    take: (bytes: Uint8Array, text: (bytes: Uint8Array, about: Metadata) => string[]) => T,
  ): T {
    return this.#read(from, to, (module, bytes) => take(bytes, (part, about) => texts(module, part, about)));
  }

  /** Texts between two places. */
  texts(from = 0, to = this.length): string[] {
    if (this.kind !== "text") throw new Error(`${this.path} holds ${this.dtype} values, not text`);
    const found: string[] = [];
    for (const [first, last] of parts(from, to, this.#step, this.#chunk))
      for (const text of this.#read(first, last, (module, bytes) => texts(module, bytes, this.about)))
        found.push(text);
    return found;
  }

  /** Bytes between two places, a copy; the end of the last chunk is kept for who reads on. */
  #bytes(from: number, to: number): Uint8Array {
    if (this.about.vlen || this.kind === "records") throw new Error(`${this.path} holds no numbers`);
    const end = Math.min(Math.ceil(to / this.#chunk) * this.#chunk, this.length);
    const kept = this.#kept;
    const isKept = kept !== null && kept.from <= from && from < kept.from + kept.bytes.length / this.#step;
    const start = isKept ? Math.min(kept.from + kept.bytes.length / this.#step, to) : from;
    if (!isKept && end <= to && (to - from) * this.#step <= AT_A_TIME && from < to) {
      this.#kept = null;
      return this.#read(from, to, (_, content) => content);
    }
    const bytes = new Uint8Array((to - from) * this.#step);
    if (isKept) bytes.set(kept.bytes.subarray((from - kept.from) * this.#step, (start - kept.from) * this.#step));
    if (start === to) return bytes;
    this.#kept = null;
    for (const [first, last] of parts(start, Math.max(end, to), this.#step, this.#chunk)) {
      const part = this.#read(first, last, (_, content) => content);
      const wanted = Math.max(0, Math.min(last, to) - first) * this.#step;
      bytes.set(part.subarray(0, wanted), (first - from) * this.#step);
      if (wanted < part.length) this.#kept = { from: first + wanted / this.#step, bytes: part.slice(wanted) };
    }
    return bytes;
  }

  #read<T>(from: number, to: number, take: Parameters<typeof filled<T>>[2]): T {
    const { id, path, about } = this;
    const isWhole = this.shape.length === 0;
    const count = isWhole ? null : [to - from, ...this.shape.slice(1)].map(BigInt);
    const offset = isWhole ? null : this.shape.map((_, axis) => BigInt(axis === 0 ? from : 0));
    const strides = isWhole ? null : this.shape.map(() => 1n);
    if (to <= from)
      return take(
        calling((module) => module),
        new Uint8Array(0),
      );
    const reclaim = (module: Parameters<typeof take>[0], place: bigint): unknown =>
      about.vlen &&
      (count
        ? module.reclaim_vlen_memory_count(id, path, "", place, count)
        : module.reclaim_vlen_memory(id, path, "", place));
    return filled(
      (to - from) * this.#step,
      (module, place) => module.get_dataset_data(id, path, count, offset, strides, place),
      take,
      reclaim,
    );
  }

  #checkFilters(): void {
    const unknown = calling((module) => module.get_dataset_filters(this.id, this.path)).filter(
      ({ id }) => !KNOWN_FILTERS.has(id),
    );
    if (unknown.length === 0) return;
    const names = unknown.map(({ id, name }) => name || `number ${id}`).join(", ");
    throw new DataError(
      `${this.file} is compressed in a way that cannot be undone here (${names}): write it again where it was made, ` +
        "with gzip or uncompressed.",
    );
  }
}

/** Parts of a range that are not too many bytes each, and end where chunks end. */
function* parts(from: number, to: number, step: number, chunk: number): Generator<[number, number]> {
  const most = Math.max(1, Math.floor(AT_A_TIME / Math.max(step, 1)));
  const length = most > chunk ? most - (most % chunk) : most;
  for (let at = from; at < to; ) {
    const end = Math.min(to, length > chunk ? Math.floor(at / chunk) * chunk + length : at + length);
    yield [at, end];
    at = end;
  }
}
