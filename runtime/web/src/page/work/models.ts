/** The models that a person looks at or uses: each read once, its graph opened when it is first run. */

import { readBundle } from "../../bundle/read.js";
import { droppedFiles, folderFiles, hubFiles } from "../../bundle/sources.js";
import type { Bundle, BundleFiles } from "../../bundle/types.js";
import { CellfillError } from "../../errors.js";
import { alignColumns } from "../../genes/align.js";
import { verify } from "../../network/golden.js";
import { openNetwork } from "../../network/session.js";
import type { Network } from "../../network/types.js";
import { tasksOf } from "../../tasks/need.js";
import { type ModelPlace, type ModelSeen, placeKey } from "../messages.js";
import type { Opened } from "./opened.js";

/** Bundles, and graphs, by place. */
export class Models {
  readonly #base: string;
  readonly #bundles = new Map<string, Promise<Bundle>>();
  readonly #networks = new Map<string, Promise<Network>>();

  /** @param base - address of the page, with a slash at its end */
  constructor(base: string) {
    this.#base = base;
  }

  /** Read a bundle, once. */
  bundle(place: ModelPlace): Promise<Bundle> {
    return once(this.#bundles, placeKey(place), () => readBundle(this.#files(place)));
  }

  /** Open its graph, once, and see that it gives here what it gave where it was made. */
  network(place: ModelPlace): Promise<Network> {
    return once(this.#networks, placeKey(place), async () => {
      const bundle = await this.bundle(place);
      const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
      const network = await openNetwork(bundle, { threads, wasmPaths: new URL("ort/", this.#base).href });
      if (bundle.golden) await verify(bundle, network);
      return network;
    });
  }

  #files(place: ModelPlace): BundleFiles {
    if (place.kind === "beside")
      return folderFiles(new URL(`models/${encodeURIComponent(place.folder)}/`, this.#base).href);
    return place.kind === "hub" ? hubFiles(place.repository) : droppedFiles(place.files);
  }
}

/** Tell of a model, and of whether these cells have its genes. */
export function lookAt(bundle: Bundle, opened: Opened): ModelSeen {
  const { manifest } = bundle;
  const told = {
    name: manifest.name,
    species: manifest.species,
    tissue: manifest.tissue,
    licence: manifest.licence,
    tasks: tasksOf(manifest),
  };
  try {
    const { coverage, inputsFound, inputsNeeded } = alignColumns(bundle, opened.source.names);
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
