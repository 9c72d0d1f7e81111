/** A file at a path where the HDF5 library can open it. */

import { library } from "./library.js";
import type { H5Module } from "./module.js";
import type { ReadBytes } from "./object-headers.js";
import { readByPages } from "./pages.js";

/** A file that the library can open. */
export interface Mounted {
  readonly path: string;
  /** Takes it away again. */
  release(): void;
}

/** What of the library's file system is used here. */
interface FileSystem {
  readonly filesystems: Readonly<Record<string, unknown>>;
  mkdir(path: string): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  mount(type: unknown, options: unknown, path: string): void;
  unmount(path: string): void;
  writeFile(path: string, content: Uint8Array): void;
  lookupPath(path: string): { node: Parameters<typeof readByPages>[0] };
}

let mounted = 0;

/** Read bytes of a mounted file as the library sees it, while a function runs. */
export function bytesOf<T>({ FS }: H5Module, path: string, use: (read: ReadBytes) => T): T {
  const stream = FS.open(path, "r");
  try {
    return use((from, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, FS.read(stream, bytes, 0, length, from));
    });
  } finally {
    FS.close(stream);
  }
}

/**
 * Make a file known to the library: in a worker without reading it, so that it may be larger than memory; in Node as a
 * temporary file; on a page's main thread, where files cannot be read at once, in memory.
 */
export async function mount(file: Blob): Promise<Mounted> {
  const files = (await library()).FS as unknown as FileSystem;
  if (typeof FileReaderSync !== "undefined" && "WORKERFS" in files.filesystems) return inWorker(files, file);
  if (globalThis.process?.versions?.node && !("WORKERFS" in files.filesystems)) return await inNode(file);
  const path = `/cellfill-read-${++mounted}`;
  files.writeFile(path, new Uint8Array(await file.arrayBuffer()));
  return { path, release: () => files.unlink(path) };
}

function inWorker(files: FileSystem, file: Blob): Mounted {
  const folder = `/cellfill-read-${++mounted}`;
  files.mkdir(folder);
  files.mount(files.filesystems.WORKERFS, { blobs: [{ name: "data", data: file }] }, folder);
  const path = `${folder}/data`;
  readByPages(files.lookupPath(path).node, file);
  const release = (): void => {
    files.unmount(folder);
    files.rmdir(folder);
  };
  return { path, release };
}

/** In Node the library sees the disk itself. */
async function inNode(file: Blob): Promise<Mounted> {
  const [{ mkdtemp, writeFile }, { rmSync }, { tmpdir }, { join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:fs"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "cellfill-"));
  const release = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, "data"), file.stream() as unknown as AsyncIterable<Uint8Array>);
  } catch (error) {
    release();
    throw error;
  }
  return { path: join(folder, "data"), release };
}
