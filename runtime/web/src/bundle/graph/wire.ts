/**
 * Protocol Buffers' wire format, as far as an ONNX graph needs it: fields of a message in, the same bytes out.
 *
 * Bounds are checked before a byte is believed: a graph is data from a stranger. Written by
 * https://protobuf.dev/programming-guides/encoding/.
 */

import { BundleError } from "../../errors.js";

export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;
const VARINT_BYTES = 10;
const LARGEST_NUMBER = 2n ** 29n;

/** One field of a message: a number (unsigned, of 64 bits), or bytes, which are a view. */
export type Field =
  | { readonly number: number; readonly kind: typeof VARINT; readonly value: bigint }
  | { readonly number: number; readonly kind: 1 | 2 | 5; readonly value: Uint8Array };

/**
 * The bytes of a field that is a message, a text or raw data.
 *
 * @throws BundleError when it is a number
 */
export function contentOf(field: Field): Uint8Array {
  if (field.kind === VARINT) throw malformed(`field ${field.number} is a number, not a message`);
  return field.value;
}

/**
 * The value of a number as a signed one of 64 bits.
 *
 * @throws BundleError when it is none
 */
export function integerOf(field: Field): bigint {
  if (field.kind !== VARINT) throw malformed(`field ${field.number} is not a number`);
  return BigInt.asIntN(64, field.value);
}

/**
 * The fields of a message in their order.
 *
 * @throws BundleError when the bytes are no message
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let place = 0;
  while (place < message.length) {
    const [key, start] = varint(message, place);
    const [number, kind] = [key >> 3n, Number(key & 7n)];
    if (number <= 0n || number >= LARGEST_NUMBER) throw malformed(`a field has the number ${number}`);
    place = start;
    if (kind === VARINT) {
      const [value, next] = varint(message, place);
      place = next;
      yield { number: Number(number), kind, value };
      continue;
    }
    if (kind !== BYTES && kind !== FIXED64 && kind !== FIXED32)
      throw malformed(`a field has the wire type ${kind}`);
    let size = kind === FIXED64 ? 8 : 4;
    if (kind === BYTES) {
      const [length, next] = varint(message, place);
      place = next;
      size = Number(length);
    }
    if (size > message.length - place) throw malformed("a field is longer than the message that holds it");
    yield { number: Number(number), kind, value: message.subarray(place, place + size) };
    place += size;
  }
}

/**
 * The values of a repeated field of whole numbers, packed or not, signed.
 *
 * @throws BundleError when the bytes are no message
 */
export function integersOf(message: Uint8Array, number: number): bigint[] {
  const found: bigint[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number !== number) continue;
    if (field.kind === VARINT) {
      found.push(integerOf(field));
      continue;
    }
    for (let place = 0; place < field.value.length; ) {
      const [value, next] = varint(field.value, place);
      found.push(BigInt.asIntN(64, value));
      place = next;
    }
  }
  return found;
}

/** The bytes of a message with these fields. */
export function joinFields(fields: Iterable<Field>): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const field of fields) {
    pieces.push(varintBytes(BigInt(field.number * 8 + field.kind)));
    if (field.kind === VARINT) {
      pieces.push(varintBytes(field.value));
      continue;
    }
    if (field.kind === BYTES) pieces.push(varintBytes(BigInt(field.value.length)));
    pieces.push(field.value);
  }
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    joined.set(piece, place);
    place += piece.length;
  }
  return joined;
}

function varint(bytes: Uint8Array, place: number): [bigint, number] {
  let low = 0; // 28 bits at once: numbers are small, nearly all of them
  let high = 0n;
  for (let i = 0; i < VARINT_BYTES && place + i < bytes.length; i++) {
    const byte = bytes[place + i];
    if (i < 4) low |= (byte & 0x7f) << (7 * i);
    else high |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte >= 0x80) continue;
    const value = BigInt(low) | high;
    if (value >> 64n) break;
    return [value, place + i + 1];
  }
  throw malformed("a number in it does not end");
}

function varintBytes(value: bigint): Uint8Array {
  const out: number[] = [];
  let left = value;
  for (; left > 0x7fn; left >>= 7n) out.push(Number(left & 0x7fn) | 0x80);
  out.push(Number(left));
  return Uint8Array.from(out);
}

function malformed(fault: string): BundleError {
  return new BundleError(`model.onnx is malformed: ${fault}.`);
}
