/** The models that a person looks at or uses: each read once, its graph opened when it is first run. */

import { type Head, readBundle, readHead } from "../../bundle/read.js";
import { droppedFiles, folderFiles, namedHubFiles, type WebFiles } from "../../bundle/sources.js";
import type { Bundle, BundleFiles } from "../../bundle/types.js";
import { CellfillError } from "../../errors.js";
import { alignColumns } from "../../genes/align.js";
import { verify } from "../../network/golden.js";
import { openNetwork } from "../../network/session.js";
import type { Network } from "../../network/types.js";
import { tasksOf } from "../../tasks/need.js";
import { modelsCache } from "../kept.js";
import { type ModelPlace, type ModelSeen, placeKey } from "../messages.js";
import { KeepableFiles } from "./keeping.js";
import type { Opened } from "./opened.js";

/** Bundles, and graphs, by place. */
export class Models {
  readonly #base: URL;
  readonly #files = new Map<string, BundleFiles>();
  readonly #heads = new Map<string, Promise<Head>>();
  readonly #bundles = new Map<string, Promise<Bundle>>();
  readonly #networks = new Map<string, Promise<Network>>();

  /** @param base - address of the page, with a slash at its end */
  constructor(base: string) {
    this.#base = new URL(base);
  }

  /** Read what tells of a model, once: enough to look at it. */
  head(place: ModelPlace): Promise<Head> {
    return once(this.#heads, placeKey(place), () => readHead(this.#filesOf(place)));
  }

  /** Read the rest of its bundle, once. */
  bundle(place: ModelPlace): Promise<Bundle> {
    const key = placeKey(place);
    return once(this.#bundles, key, async () => {
      try {
        return await readBundle(this.#filesOf(place), await this.head(place));
      } catch (error) {
        // There may be another version by now: the next time it is read from the start.
        this.#heads.delete(key);
        this.#files.delete(key);
        throw error;
      }
    });
  }

  /** Open its graph, once, see that it gives here what it gave where it was made, and keep it for use without a network. */
  network(place: ModelPlace): Promise<Network> {
    return once(this.#networks, placeKey(place), async () => {
      const bundle = await this.bundle(place);
      const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
      const network = await openNetwork(bundle, { threads, wasmPaths: new URL("ort/", this.#base).href });
      if (bundle.golden) await verify(bundle, network);
      const files = this.#filesOf(place);
      if (files instanceof KeepableFiles) await files.keep(bundle);
      return network;
    });
  }

  #filesOf(place: ModelPlace): BundleFiles {
    const key = placeKey(place);
    const found = this.#files.get(key);
    if (found) return found;
    const made =
      place.kind === "files"
        ? droppedFiles(place.files)
        : new KeepableFiles(webFiles(place, this.#base), modelsCache(this.#base));
    this.#files.set(key, made);
    return made;
  }
}

function webFiles(place: Exclude<ModelPlace, { readonly kind: "files" }>, base: URL): WebFiles {
  if (place.kind === "hub") return namedHubFiles(place.repository);
  return folderFiles(new URL(`models/${encodeURIComponent(place.folder)}/`, base).href);
}

/** Tell of a model, and of whether these cells have its genes. */
export function lookAt(head: Pick<Bundle, "manifest" | "genes">, opened: Opened): ModelSeen {
  const { manifest } = head;
  const told = {
    name: manifest.name,
    species: manifest.species,
    tissue: manifest.tissue,
    licence: manifest.licence,
    tasks: tasksOf(manifest),
  };
  try {
    const { coverage, inputsFound, inputsNeeded } = alignColumns(head, opened.source.names);
    return { ...told, coverage, inputsFound, inputsNeeded, refusal: "" };
  } catch (error) {
    if (!(error instanceof CellfillError)) throw error;
    return { ...told, coverage: 0, inputsFound: 0, inputsNeeded: 0, refusal: error.message };
  }
}

/** Make something of a key once; after an error it is tried again. */
function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = kept.get(key);
  if (found) return found;
  const made = make();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}
