/** Files that a person drops or chooses, folders among them. */

const MOST_FILES = 400;
const MOST_DEPTH = 3;

/** What was dropped: a model, or cells. */
export interface Dropped {
  readonly kind: "model" | "cells";
  readonly name: string;
  readonly files: readonly File[];
}

/** Tell a folder of a model from cells. */
export function sorted(files: readonly File[]): Dropped {
  const visible = files.filter((file) => !bare(file.name).startsWith("."));
  const names = new Set(visible.map((file) => bare(file.name)));
  const isModel = names.has("manifest.json") && names.has("model.onnx");
  const path = visible[0]?.webkitRelativePath || visible[0]?.name || "";
  const name = path.split("/")[0];
  if (!isModel) return { kind: "cells", name, files: visible };
  // The files of a model have no folders in their names.
  return { kind: "model", name, files: visible.map((file) => called(file, bare(file.name))) };
}

function bare(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The same file under another name; nothing of it is read. */
function called(file: File, name: string): File {
  return file.name === name ? file : new File([file], name, { lastModified: file.lastModified });
}

/** The files of a drop; those of folders among them, few levels deep. */
export async function filesOf(transfer: DataTransfer): Promise<readonly File[]> {
  // Entries are there only until the event is over: taken before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const found: File[] = [];
  if (entries.every((entry) => entry === null)) return [...transfer.files].slice(0, MOST_FILES);
  for (const entry of entries) if (entry) await walk(entry, found, "", 0);
  return found;
}

/** Gather the files of a folder; each is called by its place in it, which a file of a drop does not know. */
async function walk(entry: FileSystemEntry, found: File[], folder: string, depth: number): Promise<void> {
  if (found.length >= MOST_FILES || depth > MOST_DEPTH || entry.name.startsWith(".")) return;
  const path = folder + entry.name;
  if (entry.isFile) found.push(called(await fileOf(entry as FileSystemFileEntry), path));
  else
    for (const child of await children(entry as FileSystemDirectoryEntry))
      await walk(child, found, `${path}/`, depth + 1);
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function children(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // A reader gives some at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || all.length >= MOST_FILES) return all;
    for (const entry of some) all.push(entry);
  }
}
