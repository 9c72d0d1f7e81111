/** What the page knows, in one place; views are told of what changes. */

import type { Task } from "../bundle/types.js";
import type {
  Coded,
  DatasetSeen,
  Fetched,
  GeneSeen,
  ImputationSeen,
  ModelPlace,
  ModelSeen,
  NamesSeen,
  PlacesSeen,
} from "./messages.js";

/** A model that is offered. */
export interface Offered {
  readonly key: string;
  readonly place: ModelPlace;
  /** What to call it before it was read. */
  readonly name: string;
  readonly tissue: string;
  readonly species: string;
  readonly tasks: readonly Task[];
  /** Null until it was read with these cells. */
  readonly seen: ModelSeen | null;
  /** Why it could not be read; "" where it could, or was not tried. */
  readonly error: string;
}

/** A result, and the model that it is of. */
export interface Of<T> {
  readonly model: Offered;
  readonly found: T;
}

/** What goes on. */
export interface Running {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly stop: () => void;
  readonly stopping: boolean;
}

/** A look at a model before anything is run with it. */
export type Looking = Pick<Running, "stage" | "stop" | "stopping">;

/** What a map is coloured by. */
export type ColourBy =
  | { readonly kind: "types" }
  | { readonly kind: "probability" }
  | { readonly kind: "obs"; readonly column: string; readonly labels: Coded };

/** Everything. */
export interface State {
  readonly files: readonly File[];
  /** The matrix that a person named; null where the counts are looked for. */
  readonly layer: string | null;
  readonly dataset: DatasetSeen | null;
  readonly offered: readonly Offered[];
  /** By task the key of the model that is to do it; null for none. */
  readonly chosen: Readonly<Record<Task, string | null>>;
  /** The model that is looked at; null where none is to be. */
  readonly looking: Looking | null;
  readonly running: Running | null;
  readonly named: Of<NamesSeen> | null;
  readonly placed: Of<PlacesSeen> | null;
  readonly imputed: Of<ImputationSeen> | null;
  readonly gene: GeneSeen | null;
  readonly colourBy: ColourBy;
  /** What went wrong, and what a person may try. */
  readonly problem: string;
  /** A sentence for those who do not see the page. */
  readonly said: string;
  readonly fetched: readonly Fetched[];
}

/** What there is before a file is chosen. */
export const NO_RESULTS = {
  named: null,
  placed: null,
  imputed: null,
  gene: null,
  colourBy: { kind: "types" },
} as const;

const BEGINNING: State = {
  files: [],
  layer: null,
  dataset: null,
  offered: [],
  chosen: { annotate: null, embed: null, impute: null },
  looking: null,
  running: null,
  ...NO_RESULTS,
  problem: "",
  said: "",
  fetched: [],
};

const CANNOT_SHOW =
  "A part of the page could not be shown. Reload the page and try again; the files are unchanged.";

/** The state, and who wants to hear of it. */
export class Store {
  #state: State = BEGINNING;
  readonly #watchers: { readonly keys: readonly (keyof State)[]; readonly tell: (state: State) => void }[] = [];

  get now(): State {
    return this.#state;
  }

  /** Change some of it, and tell those who watch any of what changed: all of them, even where one of them fails. */
  set(change: Partial<State>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    const changed = new Set(
      (Object.keys(change) as (keyof State)[]).filter((key) => before[key] !== this.#state[key]),
    );
    let fault = "";
    for (const { keys, tell } of this.#watchers) {
      if (!keys.some((key) => changed.has(key))) continue;
      try {
        tell(this.#state);
      } catch (error) {
        fault ||= error instanceof Error ? error.message : String(error);
      }
    }
    // Whoever cannot show a problem is not told of another one.
    if (fault && !changed.has("problem")) this.set({ problem: `${CANNOT_SHOW} (${fault})` });
  }

  /** Be told now, and whenever one of these changes. */
  watch(keys: readonly (keyof State)[], tell: (state: State) => void): void {
    this.#watchers.push({ keys, tell });
    tell(this.#state);
  }
}
