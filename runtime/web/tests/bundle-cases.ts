/** Edits of a bundle, as the shared cases have them (tests/runtime/bundle_edits.py says how). */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BundleFiles, Meaning } from "../src/bundle/types.js";

const ROOT = join(process.cwd(), "../..");
const MANIFEST = "manifest.json";

type Content = string | { readonly base64: string };

interface Edit {
  readonly file: string;
  readonly drop?: boolean;
  readonly replace?: readonly [Content, Content];
  readonly splice?: readonly (readonly [number, number, Content, number?])[];
}

/** One bundle, and what must be said of it. */
export interface Case {
  readonly name: string;
  readonly base: string;
  readonly seal?: boolean;
  readonly edits?: readonly Edit[];
  readonly error?: string;
  readonly says?: string;
  readonly begins?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** The file of cases. */
export interface Cases {
  readonly bases: Readonly<Record<string, Readonly<Record<string, Content>>>>;
  readonly cuts: readonly {
    readonly base: string;
    readonly meanings: readonly Meaning[];
    readonly bytes: number;
    readonly sha256: string;
  }[];
  readonly cases: readonly Case[];
}

export async function readCases(): Promise<Cases> {
  return JSON.parse(await readFile(join(ROOT, "tests/data/cases/bundle.json"), "utf8"));
}

/** The files of a case, by name. */
export async function filesOf(cases: Cases, found: Case): Promise<Map<string, Buffer>> {
  const files = await baseOf(cases, found.base);
  const edits = found.edits ?? [];
  const others = edits.filter((edit) => edit.file !== MANIFEST);
  for (const edit of others) apply(files, edit);
  if (found.seal !== false)
    seal(
      files,
      others.map((edit) => edit.file),
    );
  for (const edit of edits) if (edit.file === MANIFEST) apply(files, edit);
  return files;
}

/** Files in memory as a bundle's. */
export function inMemory(files: ReadonlyMap<string, Uint8Array>, where = "{where}"): BundleFiles {
  return { where, read: async (name) => files.get(name) ?? null };
}

async function baseOf({ bases }: Cases, name: string): Promise<Map<string, Buffer>> {
  if (name in bases) return new Map(Object.entries(bases[name]).map(([file, text]) => [file, bytesOf(text)]));
  const folder = join(ROOT, "model_cards", name);
  const files = new Map<string, Buffer>();
  for (const file of await readdir(folder)) files.set(file, await readFile(join(folder, file)));
  return files;
}

function bytesOf(content: Content): Buffer {
  return typeof content === "string" ? Buffer.from(content) : Buffer.from(content.base64, "base64");
}

function apply(files: Map<string, Buffer>, { file, drop, replace, splice = [] }: Edit): void {
  const data = files.get(file) ?? Buffer.alloc(0);
  if (drop) {
    files.delete(file);
    return;
  }
  const pieces: Buffer[] = [];
  let place = 0;
  if (replace) {
    const [old, other] = replace.map(bytesOf);
    place = data.indexOf(old) + old.length;
    if (place < old.length) throw new Error(`${file} does not hold ${old}`);
    pieces.push(data.subarray(0, place - old.length), other);
  }
  for (const [start, end, text, times = 1] of splice) {
    const piece = bytesOf(text);
    pieces.push(data.subarray(place, start), Buffer.alloc(piece.length * times, piece));
    place = end;
  }
  files.set(file, Buffer.concat([...pieces, data.subarray(place)]));
}

function seal(files: Map<string, Buffer>, changed: readonly string[]): void {
  let text = files.get(MANIFEST)?.toString() ?? "";
  for (const name of changed) {
    const data = files.get(name);
    if (!data) continue;
    const form = new RegExp(
      `("${name.replaceAll(".", "\\.")}":\\s*\\{\\s*"size":\\s*)\\d+(,\\s*"sha256":\\s*")[0-9a-f]{64}`,
    );
    text = text.replace(form, `$1${data.length}$2${createHash("sha256").update(data).digest("hex")}`);
  }
  files.set(MANIFEST, Buffer.from(text));
}
