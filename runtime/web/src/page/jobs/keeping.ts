/** Keeps the models that were used in this browser, for use without a network. */

import { sha256Of } from "../../bundle/checked-file.js";
import { MANIFEST } from "../../bundle/files.js";
import type { WebFiles } from "../../bundle/sources.js";
import type { Bundle, BundleFiles } from "../../bundle/types.js";

/** What is kept is never shown: a browser saves a file of this type. */
const HEADERS = { "Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff" };

/** The files of a bundle of the web, held as they were read until they are kept. */
export class KeepableFiles implements BundleFiles {
  readonly #files: WebFiles;
  readonly #cache: string;
  readonly #read = new Map<string, Blob>();

  /** @param cache - name of the cache of models */
  constructor(files: WebFiles, cache: string) {
    this.#files = files;
    this.#cache = cache;
  }

  get where(): string {
    return this.#files.where;
  }

  async read(name: string, most: number): Promise<Uint8Array | null> {
    const bytes = await this.#files.read(name, most);
    // A browser need not hold it in memory.
    if (bytes) this.#read.set(name, new Blob([bytes as Uint8Array<ArrayBuffer>]));
    return bytes;
  }

  /**
   * Keep the model whole, or not at all; whether a browser keeps anything, and how much, is its own affair.
   *
   * @param bundle - read from these files, and so checked
   */
  async keep({ manifest, sha256 }: Bundle): Promise<void> {
    try {
      const cache = await caches.open(this.#cache);
      const head = this.#files.address(MANIFEST);
      const kept = await cache.match(head);
      if (kept && (await sha256Of(new Uint8Array(await kept.arrayBuffer()))) === sha256) return;
      await cache.delete(head);
      // The manifest last: without it there is no model.
      await this.#put(cache, [...manifest.files.keys(), MANIFEST]);
    } catch {
      // It is fetched again, then.
    } finally {
      this.#read.clear();
    }
  }

  async #put(cache: Cache, names: readonly string[]): Promise<void> {
    const headers = { ...HEADERS, "X-Repo-Commit": this.#files.commit() };
    try {
      for (const name of names) {
        const content = this.#read.get(name);
        if (!content) throw new Error(`${name} was not read`);
        await cache.put(this.#files.address(name), new Response(content, { headers }));
      }
    } catch (error) {
      for (const name of names) await cache.delete(this.#files.address(name));
      throw error;
    }
  }
}
