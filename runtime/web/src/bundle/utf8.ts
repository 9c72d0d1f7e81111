/** UTF-8, strictly; what is wrong is said in Python's words. */

/**
 * Decode bytes that must be UTF-8; a mark of byte order stays, as the character that it is.
 *
 * @throws SyntaxError with the place of the first bytes that are none
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError(fault(bytes));
  }
}

/** Decode bytes, with U+FFFD for what is no UTF-8. */
export function decodeLoosely(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Say which bytes are no UTF-8. */
function fault(bytes: Uint8Array): string {
  for (let place = 0; place < bytes.length; ) {
    const width = widthOf(bytes[place]);
    if (width === 0) return said(bytes, place, 1, "invalid start byte");
    for (let i = 1; i < width; i++) {
      if (place + i >= bytes.length) return said(bytes, place, i, "unexpected end of data");
      if (!continues(bytes, place, i)) return said(bytes, place, i, "invalid continuation byte");
    }
    place += width;
  }
  return "it is no UTF-8";
}

function widthOf(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2 || byte > 0xf4) return 0;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** Whether the i-th byte behind a first one may stand there: no longer forms than needed, no halves, no end of Unicode. */
function continues(bytes: Uint8Array, place: number, i: number): boolean {
  const [first, byte] = [bytes[place], bytes[place + i]];
  if (i > 1) return byte >= 0x80 && byte < 0xc0;
  const from = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const to = first === 0xed ? 0xa0 : first === 0xf4 ? 0x90 : 0xc0;
  return byte >= from && byte < to;
}

function said(bytes: Uint8Array, place: number, count: number, why: string): string {
  const which =
    count === 1
      ? `byte 0x${bytes[place].toString(16).padStart(2, "0")} in position ${place}`
      : `bytes in position ${place}-${place + count - 1}`;
  return `'utf-8' codec can't decode ${which}: ${why}`;
}
