/**
 * Headers of objects, from the bytes of an HDF5 file: whether an array's values lie in another file is said there, and
 * the library does not tell.
 *
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, II.A and IV.A.
 */

const MAGIC = 0x894844460d0a1a0an;
const [FIRST_USER_BLOCK, LAST_USER_BLOCK] = [512, 1 << 24];
const [CONTINUATION, EXTERNAL] = [0x10, 0x07]; // types of messages
const [HEADER, CONTINUED] = [0x4f484452, 0x4f43484b]; // "OHDR", "OCHK"
const CHECKSUM = 4; // bytes
const MOST_BLOCKS = 10_000;
const MOST_BYTES = 16 << 20; // of a block; attributes are the longest in it

/** Reads bytes at a place of a file, fewer at its end. */
export type ReadBytes = (from: number, length: number) => Uint8Array;

/** A part of a header: where its messages are, and how they are written. */
interface Block {
  readonly from: number;
  readonly length: number;
}

/** The headers of a file's objects. */
export class ObjectHeaders {
  readonly #base: number;
  readonly #sizeOfOffsets: number;
  readonly #sizeOfLengths: number;

  /** @throws Error when the file has no superblock */
  constructor(
    private readonly read: ReadBytes,
    size: number,
  ) {
    let base = 0;
    const isThere = (): boolean => this.#view(base, 8).getBigUint64(0) === MAGIC;
    while (!isThere()) {
      base = base * 2 || FIRST_USER_BLOCK;
      if (base > LAST_USER_BLOCK || base + 8 > size) throw new Error("it has no superblock");
    }
    this.#base = base;
    const start = this.#view(base, 16);
    const sizes = start.getUint8(8) < 2 ? 13 : 9;
    [this.#sizeOfOffsets, this.#sizeOfLengths] = [start.getUint8(sizes), start.getUint8(sizes + 1)];
  }

  /**
   * Whether the values of an array lie in other files.
   *
   * @param place - of its header, from the superblock
   * @throws Error when its header cannot be read
   */
  haveExternal(place: bigint): boolean {
    const at = this.#base + Number(place);
    const isNew = this.#view(at, 4).getUint32(0) === HEADER;
    return isNew ? this.#newHeader(at) : this.#oldHeader(at);
  }

  #oldHeader(at: number): boolean {
    const view = this.#view(at, 16);
    if (view.getUint8(0) !== 1) throw new Error("the header of an array is of a kind that is not known");
    return this.#walk({ from: at + 16, length: view.getUint32(8, true) }, 8, (message) => ({
      type: message.getUint16(0, true),
      length: message.getUint16(2, true),
    }));
  }

  #newHeader(at: number): boolean {
    const view = this.#view(at, 34);
    const flags = view.getUint8(5);
    const sizeAt = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const sizeBytes = 1 << (flags & 3);
    const from = at + sizeAt + sizeBytes;
    const first = { from, length: little(view, sizeAt, sizeBytes) };
    return this.#walk(first, flags & 4 ? 6 : 4, (message) => ({
      type: message.getUint8(0),
      length: message.getUint16(1, true),
    }));
  }

  /** Look at the messages of a header, block by block. */
  #walk(first: Block, head: number, said: (message: DataView) => { type: number; length: number }): boolean {
    const isNew = head < 8;
    const blocks: Block[] = [first];
    const met = new Set<number>();
    for (let block = blocks.pop(); block; block = blocks.pop()) {
      if (met.has(block.from) || met.size > MOST_BLOCKS || !(block.length <= MOST_BYTES))
        throw new Error("the header of an array does not end");
      met.add(block.from);
      const view = this.#view(block.from, block.length);
      for (let at = 0; at + head <= view.byteLength; ) {
        const { type, length } = said(new DataView(view.buffer, view.byteOffset + at, head));
        const data = at + head;
        if (data + length > view.byteLength) throw new Error("the header of an array is cut short");
        if (type === EXTERNAL) return true;
        if (type === CONTINUATION) blocks.push(this.#continued(view, data, isNew));
        at = data + length;
      }
    }
    return false;
  }

  #continued(view: DataView, at: number, isNew: boolean): Block {
    const from = this.#base + little(view, at, this.#sizeOfOffsets);
    const length = little(view, at + this.#sizeOfOffsets, this.#sizeOfLengths);
    if (!isNew) return { from, length };
    if (this.#view(from, 4).getUint32(0) !== CONTINUED) throw new Error("the header of an array is cut short");
    return { from: from + 4, length: length - 4 - CHECKSUM };
  }

  #view(from: number, length: number): DataView {
    const bytes = Number.isSafeInteger(from) && length >= 0 ? this.read(from, length) : new Uint8Array(0);
    if (bytes.length < length) throw new Error("Truncated file (the header of an array lies beyond its end)");
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** A whole number, its lowest byte first. */
function little(view: DataView, at: number, bytes: number): number {
  let found = 0;
  for (let i = bytes - 1; i >= 0; i--) found = found * 256 + view.getUint8(at + i);
  return found;
}
