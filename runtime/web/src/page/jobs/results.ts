/** The results of the tasks on one dataset: each computed once for a model, and again only where it is gone. */

import type { Reference } from "../../bundle/types.js";
import { mayGoOn } from "../../errors.js";
import { annotate } from "../../tasks/annotate.js";
import { embed } from "../../tasks/embed.js";
import { prepareImputer } from "../../tasks/impute.js";
import type { Annotated, Embedded, Imputer, RunOptions, Work } from "../../tasks/types.js";
import {
  coded,
  type ImputationSeen,
  type ModelPlace,
  type NamesSeen,
  type PlacesSeen,
  placeKey,
} from "../messages.js";
import type { Models } from "./models.js";
import type { Opened } from "./opened.js";
import { planeOf } from "./plane.js";
import { turn } from "./turns.js";

/** Told what goes on. */
export interface Watching {
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

/** What was computed of a dataset. */
export class Results {
  readonly #opened: Opened;
  readonly #models: Models;
  readonly #named = new Map<string, Annotated>();
  readonly #placed = new Map<string, Embedded>();
  readonly #imputers = new Map<string, Imputer>();

  constructor(opened: Opened, models: Models) {
    this.#opened = opened;
    this.#models = models;
  }

  /** Name the cells. */
  named(place: ModelPlace, watching: Watching): Promise<Annotated> {
    return this.#result(this.#named, place, "Naming cells", watching, annotate);
  }

  /** Place the cells among known ones. */
  placed(place: ModelPlace, watching: Watching): Promise<Embedded> {
    return this.#result(this.#placed, place, "Placing cells", watching, embed);
  }

  /** Make ready to impute. */
  imputer(place: ModelPlace, watching: Watching): Promise<Imputer> {
    return this.#result(this.#imputers, place, "Learning how your cells differ", watching, (work, options) =>
      prepareImputer(work, { ...options, calibrate: true }),
    );
  }

  async #result<T>(
    kept: Map<string, T>,
    place: ModelPlace,
    stage: string,
    watching: Watching,
    run: (work: Work, options: RunOptions) => Promise<T>,
  ): Promise<T> {
    const key = placeKey(place);
    const found = kept.get(key);
    if (found !== undefined) return found;
    watching.onProgress("Reading the model", 0, 0);
    const bundle = await this.#models.bundle(place);
    await goOn(watching);
    const network = await this.#models.network(place);
    await goOn(watching);
    watching.onProgress(stage, 0, this.#opened.dataset.cells);
    const made = await run({ bundle, network, source: this.#opened.source }, runOptions(stage, watching));
    kept.set(key, made);
    return made;
  }
}

/** Hear whether a person stopped it. */
async function goOn({ signal }: Watching): Promise<void> {
  await turn();
  mayGoOn(signal);
}

/** Options of a run that says how far it is. */
export function runOptions(stage: string, { signal, onProgress }: Watching): RunOptions {
  return { signal, onProgress: (done, total) => onProgress(stage, done, total) };
}

/** Types, as the page shows them. */
export function namesSeen({ types, reason, probability, judged, coverage }: Annotated): NamesSeen {
  return { types: coded(types), reasons: coded(reason), probability, judged, coverage };
}

/** Places, as the page shows them. */
export function placesSeen(
  { coordinates, dimensions, judged, coverage }: Embedded,
  known: Reference | null,
): PlacesSeen {
  const same = known !== null && known.dimensions.length === dimensions.length && known.types.length > 0;
  const plane = planeOf(coordinates, dimensions.length, same ? known.coordinates : null);
  const reference = same && plane.reference ? { points: plane.reference, types: coded(known.types) } : null;
  return { points: plane.cells, reference, axes: plane.axes, judged, coverage };
}

/** An imputation, as the page shows it. */
export function imputationSeen({ reasons, judged, coverage }: Imputer): ImputationSeen {
  return { reasons: coded(reasons), judged, coverage };
}
