/** As much of WebAssembly's binary format as the kernels need (W3C, WebAssembly Core Specification 2.0, section 5). */

/** Bytes of code. */
export type Code = readonly number[];

/** A function of the module: takes whole numbers, gives nothing. */
export interface Kernel {
  readonly name: string;
  /** How many whole numbers it takes: its first locals. */
  readonly takes: number;
  /** How many more whole numbers, and then vectors of four float32, are its further locals. */
  readonly numbers: number;
  readonly vectors: number;
  readonly code: Code;
}

const I32 = 0x7f;
const V128 = 0x7b;

/** A module of these kernels, which works on a memory that it imports as `env.memory`. */
export function assemble(kernels: readonly Kernel[]): Uint8Array<ArrayBuffer> {
  const types = kernels.map(({ takes }) => [0x60, ...list(Array<Code>(takes).fill([I32])), 0]);
  const bodies = kernels.map(({ numbers, vectors, code }) => {
    const locals = list([
      [...unsigned(numbers), I32],
      [...unsigned(vectors), V128],
    ]);
    return sized([...locals, ...code, 0x0b]);
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([[...text("env"), ...text("memory"), 0x02, 0x00, 0x01]])),
    ...section(3, list(kernels.map((_, i) => unsigned(i)))),
    ...section(7, list(kernels.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, list(bodies)),
  ]);
}

/** A local's value. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Set a local. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** A whole number. */
export const number = (value: number): Code => [0x41, ...signed(value)];
/** The sum of whole numbers. */
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
/** Do it once, and again while a whole number is less than another, unsigned. */
export const repeat = (code: Code, less: Code, than: Code): Code => [
  ...[0x03, 0x40],
  ...code,
  ...less,
  ...than,
  ...[0x49, 0x0d, 0, 0x0b],
];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const unary =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)];
const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(opcode)];

/** Vectors in memory, at an address; and one number four times. */
export const load = (at: Code): Code => [...at, ...simd(0x00), 0, 0];
export const loadSame = (at: Code): Code => [...at, ...simd(0x09), 0, 0];
export const store = (at: Code, value: Code): Code => [...at, ...value, ...simd(0x0b), 0, 0];
/** Four times a float32, and four times the bits of a whole number. */
export const floats = (value: number): Code => same(new Float32Array([value]).buffer);
export const bits = (value: number): Code => same(new Int32Array([value]).buffer);
/** Arithmetic of float32, lane by lane. */
export const add = binary(0xe4);
export const sub = binary(0xe5);
export const mul = binary(0xe6);
export const min = binary(0xe8);
export const max = binary(0xe9);
export const nearest = unary(0x6a);
export const isLess = binary(0x43);
/** Of whole numbers, and of bits; `choose` takes the first where a bit of the mask is 1. */
export const addWhole = binary(0xae);
export const toWhole = unary(0xf8);
export const toFloat = unary(0xfa);
export const shiftLeft = (a: Code, by: number): Code => [...a, ...number(by), ...simd(0xab)];
export const shiftRight = (a: Code, by: number): Code => [...a, ...number(by), ...simd(0xad)];
export const and = binary(0x4e);
export const or = binary(0x50);
export const choose = (a: Code, b: Code, mask: Code): Code => [...a, ...b, ...mask, ...simd(0x52)];

/** Add the four lanes of a vector to the float32 at an address. */
export const addLanes = (at: Code, vector: Code): Code => [
  ...at,
  ...at,
  ...[0x2a, 0, 0],
  ...[0, 1, 2, 3].flatMap((lane) => [...vector, ...simd(0x1f), lane, 0x92]),
  ...[0x38, 0, 0],
];

function same(four: ArrayBuffer): Code {
  const bytes = [...new Uint8Array(four)]; // little-endian on whatever runs browsers
  return [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return sized([...new TextEncoder().encode(value)]);
}

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
  } while (rest);
  return bytes;
}

function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  while (true) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}
