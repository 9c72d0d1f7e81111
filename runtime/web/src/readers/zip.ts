/** Members of a zip archive, each read alone, as a stream. */

import { DataError } from "../errors.js";
import { named, partsOf, type StoredFile } from "./stored-file.js";
import { begins, streamOf } from "./text/unpacked.js";

const END = 0x06054b50;
const MEMBER = 0x02014b50;
const [LONGEST_END, END_BYTES, MEMBER_BYTES, LOCAL_BYTES] = [65557, 22, 46, 30];
const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED = 1;
const FULL = 0xffffffff; // where only zip64, which is for more than 4 GB, says a number
const MOST_MEMBERS = 10_000;
const MOST_DIRECTORY = 16 << 20;
const MOST_WHOLE = 2 ** 31;

/** Whether bytes begin as zip does. */
export function isZip(start: Uint8Array): boolean {
  return begins(start, [0x50, 0x4b, 0x03, 0x04]);
}

/**
 * What a zip archive holds, but for folders and what operating systems hide in it.
 *
 * @throws Error when it is damaged
 * @throws DataError when it is encrypted, or larger than 4 GB
 */
export async function zipMembers(archive: File): Promise<StoredFile[]> {
  const tail = await bytesOf(archive, Math.max(0, archive.size - LONGEST_END), archive.size);
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error("it has no directory, so it was cut short");
  const [count, size, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (count === 0xffff || size === FULL || start === FULL)
    throw new DataError(`${archive.name} is an archive of more than 4 GB: unpack it, and choose the files in it.`);
  if (count > MOST_MEMBERS || size > MOST_DIRECTORY) throw new Error(`it holds ${count} files`);
  const directory = await bytesOf(archive, start, start + size);
  const found: StoredFile[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    if (at + MEMBER_BYTES > directory.byteLength || directory.getUint32(at, true) !== MEMBER)
      throw new Error("its directory is damaged");
    const [name, extra, comment] = [28, 30, 32].map((place) => directory.getUint16(at + place, true));
    const path = new TextDecoder().decode(new Uint8Array(directory.buffer, at + MEMBER_BYTES, name));
    if (directory.getUint16(at + 8, true) & ENCRYPTED)
      throw new DataError(`${archive.name} is an archive with a password: unpack it, and choose the files in it.`);
    if (!isHidden(path)) found.push(member(archive, path.replaceAll("\\", "/"), directory, at));
    at += MEMBER_BYTES + name + extra + comment;
  }
  return found;
}

function isHidden(path: string): boolean {
  return path.endsWith("/") || path.startsWith("__MACOSX/") || /(^|\/)\.[^/]*$/.test(path);
}

function member(archive: File, path: string, directory: DataView, at: number): StoredFile {
  const [method, packed, size] = [
    directory.getUint16(at + 10, true),
    directory.getUint32(at + 20, true),
    directory.getUint32(at + 24, true),
  ];
  const offset = directory.getUint32(at + 42, true);
  async function* parts(): AsyncGenerator<Uint8Array> {
    if (method !== STORED && method !== DEFLATED)
      throw new DataError(`${path} is packed in a way that is not known: unpack it, and choose it.`);
    const local = await bytesOf(archive, offset, offset + LOCAL_BYTES);
    if (local.byteLength < LOCAL_BYTES) throw new Error("it was cut short");
    const from = offset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
    const stream = archive.slice(from, from + packed).stream() as ReadableStream<Uint8Array>;
    const inflate = () =>
      new DecompressionStream("deflate-raw") as unknown as TransformStream<Uint8Array, Uint8Array>;
    let given = 0;
    for await (const part of partsOf(method === DEFLATED ? stream.pipeThrough(inflate()) : stream)) {
      given += part.length;
      if (given > size) break;
      yield part;
    }
    if (given !== size) throw new Error(`${path} has ${given} bytes in the archive, where ${size} were announced`);
  }
  const file: StoredFile = {
    ...named(path),
    size,
    parts,
    start: (bytes) => startOf(parts(), bytes),
    whole: () => whole(file),
  };
  return file;
}

/** The first bytes of parts; the others are not read. */
async function startOf(parts: AsyncGenerator<Uint8Array>, bytes: number): Promise<Uint8Array> {
  const start = new Uint8Array(bytes);
  let length = 0;
  for await (const part of parts) {
    const taken = part.subarray(0, bytes - length);
    start.set(taken, length);
    length += taken.length;
    if (length === bytes) break;
  }
  return start.subarray(0, length);
}

async function whole(file: StoredFile): Promise<Blob> {
  if (file.size > MOST_WHOLE)
    throw new DataError(`${file.name} is too large to be read from an archive: unpack it, and choose it.`);
  return await new Response(streamOf(file)).blob();
}

async function bytesOf(archive: File, from: number, to: number): Promise<DataView> {
  return new DataView(await archive.slice(from, to).arrayBuffer());
}
