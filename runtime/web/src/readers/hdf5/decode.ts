/** Values of HDF5 as the library lays them into its memory, as values of here. */

import { calling } from "./library.js";
import type { H5Module, Metadata } from "./module.js";

/** Classes of types that are known here. */
export type Kind = "integer" | "float" | "bool" | "text" | "records" | "reference" | "other";

const CLASSES: Readonly<Record<number, Kind>> = {
  0: "integer",
  1: "float",
  3: "text",
  6: "records",
  7: "reference",
  8: "integer",
};

/** What kind of values there are. */
export function kindOf(about: Metadata): Kind {
  const members = about.enum_type?.members;
  if (members && about.size === 1 && members.FALSE === 0 && members.TRUE === 1 && about.enum_type?.nmembers === 2)
    return "bool";
  const kind = CLASSES[about.type] ?? "other";
  if (kind === "integer" && ![1, 2, 4, 8].includes(about.size)) return "other";
  if (kind === "float" && ![2, 4, 8].includes(about.size)) return "other";
  return kind;
}

/** What numpy calls the type. */
export function dtypeOf(about: Metadata): string {
  const kind = kindOf(about);
  if (kind === "integer") return `${about.signed ? "" : "u"}int${about.size * 8}`;
  if (kind === "float") return `float${about.size * 8}`;
  if (kind === "text") return about.vlen ? "object" : `|S${about.size}`;
  return kind;
}

/** Numbers of any type: as float32 what has less than 32 bits or is that, else as float64. */
export function numbers(bytes: Uint8Array, about: Metadata): Float32Array | Float64Array {
  const { buffer } = aligned(bytes);
  const kind = kindOf(about);
  if (kind === "float") {
    if (about.size === 4) return new Float32Array(buffer);
    return about.size === 8 ? new Float64Array(buffer) : halves(new Uint16Array(buffer));
  }
  if (kind === "bool") return Float32Array.from(new Uint8Array(buffer), (value) => (value ? 1 : 0));
  if (kind !== "integer") throw new Error(`it holds ${dtypeOf(about)} values, not numbers`);
  if (about.size === 8) return wide(new Int32Array(buffer), about.signed);
  if (about.size === 4) return Float64Array.from(about.signed ? new Int32Array(buffer) : new Uint32Array(buffer));
  if (about.size === 2) return Float32Array.from(about.signed ? new Int16Array(buffer) : new Uint16Array(buffer));
  return Float32Array.from(about.signed ? new Int8Array(buffer) : new Uint8Array(buffer));
}

/** Whole numbers, as they are where they have 32 bits and a sign. */
export function places(bytes: Uint8Array, about: Metadata): Int32Array | Float64Array {
  const isPlain = kindOf(about) === "integer" && about.size === 4 && about.signed;
  return isPlain ? new Int32Array(aligned(bytes).buffer) : integers(bytes, about);
}

/** Whole numbers as float64, which holds those up to 2^53. */
export function integers(bytes: Uint8Array, about: Metadata): Float64Array {
  if (kindOf(about) !== "integer") throw new Error("indices and indptr must be whole numbers");
  const found = numbers(bytes, about);
  return found instanceof Float64Array ? found : Float64Array.from(found);
}

/** Texts; Python's words where bytes are no UTF-8. */
export function texts(module: H5Module, bytes: Uint8Array, about: Metadata): string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  if (about.vlen) {
    const places = new Uint32Array(aligned(bytes).buffer);
    return Array.from(places, (place) => (place === 0 ? "" : textAt(decoder, module.HEAPU8, place)));
  }
  const found: string[] = [];
  for (let from = 0; from + about.size <= bytes.length; from += about.size)
    found.push(decoded(decoder, bytes.subarray(from, endOf(bytes, from, from + about.size))));
  return found;
}

function textAt(decoder: TextDecoder, memory: Uint8Array, place: number): string {
  return decoded(decoder, memory.subarray(place, memory.indexOf(0, place)));
}

/** Where a text of fixed length ends: before the bytes of 0 that fill it up. */
function endOf(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0) end--;
  return end;
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    const first = bytes.find((byte) => byte >= 0x80) ?? 0;
    throw new Error(`'utf-8' codec can't decode byte 0x${first.toString(16)}: it is no UTF-8`, { cause: error });
  }
}

function aligned(bytes: Uint8Array): { buffer: ArrayBuffer } {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return { buffer: (whole ? bytes : bytes.slice()).buffer as ArrayBuffer };
}

/** Numbers of 64 bits, by their halves; what is beyond 2^53 is rounded. */
function wide(halfs: Int32Array, signed: boolean): Float64Array {
  const found = new Float64Array(halfs.length / 2);
  for (let i = 0; i < found.length; i++) {
    const high = halfs[2 * i + 1];
    found[i] = (signed ? high : high >>> 0) * 2 ** 32 + (halfs[2 * i] >>> 0);
  }
  return found;
}

/** Numbers of 16 bits of floating point. */
function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/**
 * Have the library write values into its memory, and take them from there.
 *
 * @param fill - writes at a place, and returns less than 0 where it could not
 * @param take - turns the bytes, which are a copy, into values; texts of any length still lie in the library's memory
 */
export function filled<T>(
  bytes: number,
  fill: (module: H5Module, place: bigint) => number,
  take: (module: H5Module, bytes: Uint8Array) => T,
  after?: (module: H5Module, place: bigint) => unknown,
): T {
  return calling((module) => {
    const place = module._malloc(Math.max(bytes, 1));
    if (place === 0) throw new RangeError(`Array buffer allocation failed: ${bytes} bytes`);
    let isFilled = false;
    try {
      if (fill(module, BigInt(place)) < 0) throw new Error("Can't synchronously read data");
      isFilled = true;
      return take(module, module.HEAPU8.slice(place, place + bytes));
    } finally {
      if (isFilled) after?.(module, BigInt(place));
      module._free(place);
    }
  });
}
