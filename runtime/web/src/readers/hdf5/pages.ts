/** Reads of a file in a worker, by pages that are kept: HDF5 asks for a few bytes thousands of times. */

const PAGE = 1 << 19;
const MOST_PAGES = 64;

/** A file as the library's file system has it. */
interface FileNode {
  stream_ops: {
    read(stream: unknown, buffer: Uint8Array, offset: number, length: number, position: number): number;
  };
}

/** Give a file that is mounted a way of reading that asks the browser for pages, not for bytes. */
export function readByPages(node: FileNode, file: Blob): void {
  const reader = new FileReaderSync();
  const read = (from: number, to: number): Uint8Array =>
    new Uint8Array(reader.readAsArrayBuffer(file.slice(from, Math.min(to, file.size))));
  const pages = new Map<number, Uint8Array>();
  const page = (number: number): Uint8Array => {
    const held = pages.get(number) ?? read(number * PAGE, (number + 1) * PAGE);
    pages.delete(number); // the one that was asked for last comes last
    pages.set(number, held);
    if (pages.size > MOST_PAGES) pages.delete(pages.keys().next().value ?? 0);
    return held;
  };
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream, buffer, offset, length, position) {
      const end = Math.min(position + length, file.size);
      if (position >= end) return 0;
      if (end - position >= PAGE) {
        buffer.set(read(position, end), offset);
        return end - position;
      }
      for (let at = position; at < end; ) {
        const number = Math.floor(at / PAGE);
        const from = at - number * PAGE;
        const part = page(number).subarray(from, Math.min(PAGE, from + end - at));
        buffer.set(part, offset + at - position);
        at += part.length;
      }
      return end - position;
    },
  };
}
