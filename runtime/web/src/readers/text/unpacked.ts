/** The bytes of a text file, unpacked where it is gzipped, whatever its name. */

import { Gunzip } from "fflate";
import { DataError } from "../../errors.js";
import { partsOf, type StoredFile } from "../stored-file.js";

const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];
/** Bytes that are unpacked at a time by the slower of two ways; what comes of them is a thousand times as much at most. */
const PACKED_AT_A_TIME = 1 << 14;
/** Bytes that the faster way is given at a time: all that comes of them waits in memory until it is taken. */
const PACKED_AT_ONCE = 1 << 16;

/** Whether a file begins as gzip does. */
export function isGzip(start: Uint8Array): boolean {
  return begins(start, [0x1f, 0x8b]);
}

/** Whether bytes begin with others. */
export function begins(start: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => start[i] === byte);
}

/**
 * The bytes of a file, a part at a time.
 *
 * @throws DataError when it is packed in another way
 * @throws Error in Python's words, when what is packed is damaged
 */
export async function* unpacked(file: StoredFile): AsyncGenerator<Uint8Array> {
  const start = await file.start(8);
  const packed = PACKED.find(([, magic]) => begins(start, magic));
  if (packed) throw new DataError(`${file.name} is packed with ${packed[0]}, which is not read: unpack it first.`);
  if (!isGzip(start)) {
    yield* file.parts();
    return;
  }
  let given = 0;
  try {
    for await (const part of partsOf(streamOf(file, PACKED_AT_ONCE).pipeThrough(gunzip()))) {
      given += part.length;
      yield part;
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    // The platform unpacks one member alone; bgzip, for one, writes many. What was given already is passed over.
    yield* fromMembers(file, given);
  }
}

function gunzip(): TransformStream<Uint8Array, Uint8Array> {
  return new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>;
}

/** The parts of a file as a stream that reads no further than it is read, and gives no more than some bytes at a time. */
export function streamOf(file: StoredFile, most = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  const parts = pieces(file, most);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

async function* pieces(file: StoredFile, most: number): AsyncGenerator<Uint8Array> {
  for await (const part of file.parts())
    for (let at = 0; at < part.length; at += most) yield part.subarray(at, at + most);
}

/** Unpack gzip of any number of members, but for bytes that were given before. */
async function* fromMembers(file: StoredFile, passed: number): AsyncGenerator<Uint8Array> {
  let found: Uint8Array[] = [];
  let left = passed;
  const unpack = new Gunzip((part) => found.push(part));
  const members = unpack as unknown as { v: number; s: { f?: number; l?: unknown } };
  const next = function* (packed: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < packed.length; at += PACKED_AT_A_TIME) {
      try {
        unpack.push(packed.subarray(at, at + PACKED_AT_A_TIME), false);
      } catch (error) {
        throw new Error("Error -3 while decompressing data: invalid data in gzip", { cause: error });
      }
      for (const part of found) {
        const new_ = part.subarray(Math.min(left, part.length));
        left -= part.length - new_.length;
        if (new_.length) yield new_;
      }
      found = [];
    }
  };
  for await (const packed of file.parts()) yield* next(packed);
  // Between two members fflate waits for a header, and remembers that with v.
  if (members.v === 0) throw new Error("Compressed file ended before the end-of-stream marker was reached");
}
