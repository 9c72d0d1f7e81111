/** A file as a reader takes it: dropped on the page, or a member of an archive that was. */

/** A file; nothing of it was read. */
export interface StoredFile {
  /** Where it lies in what was dropped: `folder/matrix.mtx.gz`. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  /** Folder that it is in; empty for none. */
  readonly folder: string;
  /** Bytes. */
  readonly size: number;
  /** Its first bytes, fewer where it is shorter. */
  start(bytes: number): Promise<Uint8Array>;
  /** All of it, a part at a time. */
  parts(): AsyncGenerator<Uint8Array>;
  /** All of it, to be read at any place. */
  whole(): Promise<Blob>;
}

/** A file that was dropped; of a folder that was, it knows its place in it. */
export function storedFile(file: File): StoredFile {
  const path = ((file as { webkitRelativePath?: string }).webkitRelativePath || file.name).replace(/^\/+/, "");
  return {
    ...named(path),
    size: file.size,
    start: async (bytes) => new Uint8Array(await file.slice(0, bytes).arrayBuffer()),
    parts: () => partsOf(file.stream()),
    whole: async () => file,
  };
}

/** The path, name and folder of a file. */
export function named(path: string): { path: string; name: string; folder: string } {
  const at = path.lastIndexOf("/");
  return { path, name: path.slice(at + 1), folder: at < 0 ? "" : path.slice(0, at) };
}

/** What a stream gives; it is given up where it is not read to its end. */
export async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The endings of a name, in lower case, with their dots. */
export function endings(name: string): string[] {
  return name
    .split(".")
    .slice(1)
    .map((ending) => `.${ending.toLowerCase()}`);
}
