/** What the page asks of its worker, and what the worker says: every message that passes between the two. */

import type { Task } from "../bundle/types.js";
import type { Format } from "../readers/types.js";
import type { Judged } from "../tasks/types.js";

/** Where a model is. */
export type ModelPlace =
  | { readonly kind: "beside"; readonly folder: string }
  | { readonly kind: "hub"; readonly repository: string }
  | { readonly kind: "files"; readonly name: string; readonly files: readonly File[] };

/** Texts that repeat: each once, and for every cell (or gene) which it is. */
export interface Coded {
  readonly categories: readonly string[];
  readonly codes: Int32Array;
}

/** A dataset, as the page tells of it. */
export interface DatasetSeen {
  readonly name: string;
  readonly format: Format;
  readonly cells: number;
  readonly genes: number;
  /** "Homo sapiens", "Mus musculus" or "unknown". */
  readonly species: string;
  /** Where the counts are, and why there; "" where there are none. */
  readonly saw: string;
  /** Why there are none; "" where there are. */
  readonly refusal: string;
  readonly notes: readonly string[];
  /** Names of the matrices that the counts could be taken from. */
  readonly matrices: readonly string[];
  /** What a person calls every gene: a symbol where there is one. */
  readonly geneNames: readonly string[];
  /** Names of the columns of obs that a map can be coloured by. */
  readonly obs: readonly string[];
  /** That it is an .h5ad of before anndata 0.7, of which not everything is copied into what is saved. */
  readonly isOld: boolean;
}

/** A model, looked at with a dataset. */
export interface ModelSeen {
  readonly name: string;
  readonly species: string;
  readonly tissue: string;
  readonly licence: string;
  readonly tasks: readonly Task[];
  readonly coverage: number;
  readonly inputsFound: number;
  readonly inputsNeeded: number;
  /** Why the model cannot be used with these cells; "" where it can. */
  readonly refusal: string;
}

/** Names of cells. */
export interface NamesSeen {
  readonly types: Coded;
  readonly reasons: Coded;
  readonly probability: Float32Array;
  readonly judged: Judged;
  readonly coverage: number;
}

/** Cells on a plane. */
export interface PlacesSeen {
  /** x and y of every cell; NaN for one without a place. */
  readonly points: Float32Array;
  /** Known cells on the same plane. */
  readonly reference: { readonly points: Float32Array; readonly types: Coded } | null;
  readonly axes: readonly [string, string];
  readonly judged: Judged;
  readonly coverage: number;
}

/** An imputation that is ready. */
export interface ImputationSeen {
  /** Of every gene `imputed`, or why it is not. */
  readonly reasons: Coded;
  readonly judged: Judged | null;
  readonly coverage: number;
}

/** Counts of one gene in all cells. */
export interface GeneSeen {
  readonly column: number;
  readonly observed: Float32Array;
  /** Null where nothing imputes. */
  readonly filled: Float32Array | null;
}

/** A file to be saved. */
export interface Saved {
  readonly name: string;
  readonly blob: Blob;
}

/** Which model each result is of; a result that the worker has no more is computed again. */
export interface Plan {
  readonly annotate: ModelPlace | null;
  readonly embed: ModelPlace | null;
  readonly impute: ModelPlace | null;
}

/** What can be asked, and what is given. */
export interface Asked {
  open: { ask: { files: readonly File[]; layer: string | null }; give: DatasetSeen };
  model: { ask: { place: ModelPlace }; give: ModelSeen };
  annotate: { ask: { place: ModelPlace }; give: NamesSeen };
  embed: { ask: { place: ModelPlace }; give: PlacesSeen };
  impute: { ask: { place: ModelPlace }; give: ImputationSeen };
  obs: { ask: { column: string }; give: Coded };
  gene: { ask: { column: number; place: ModelPlace | null }; give: GeneSeen };
  saveCells: { ask: { plan: Plan }; give: Saved };
  saveEverything: { ask: { plan: Plan }; give: Saved };
  saveCounts: { ask: { plan: Plan }; give: Saved };
  saveGenes: { ask: { plan: Plan; columns: readonly number[] }; give: Saved };
}

/** What can be asked. */
export type Call = keyof Asked;

/** From the page to the worker. */
export type ToWorker =
  | { [K in Call]: { readonly call: K; readonly id: number; readonly ask: Asked[K]["ask"] } }[Call]
  | { readonly call: "stop"; readonly id: number };

/** An error of the worker: whether a person wanted it, and what it says. */
export interface Failure {
  readonly kind: "stopped" | "failed";
  readonly message: string;
}

/** Something was fetched. */
export interface Fetched {
  readonly url: string;
  readonly bytes: number;
}

/** From the worker to the page. */
export type FromWorker =
  | { readonly say: "done"; readonly id: number; readonly give: Asked[Call]["give"] }
  | { readonly say: "failed"; readonly id: number; readonly failure: Failure }
  | {
      readonly say: "progress";
      readonly id: number;
      readonly stage: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly say: "fetched"; readonly fetched: readonly Fetched[] };

/** A name for a place, the same for the same place. */
export function placeKey(place: ModelPlace): string {
  if (place.kind === "beside") return `beside:${place.folder}`;
  if (place.kind === "hub") return `hub:${place.repository}`;
  return `files:${place.name}:${place.files.map((file) => `${file.size}.${file.lastModified}`).join(":")}`;
}

/** Texts that repeat, each once, in the order in which they first occur. */
export function coded(texts: readonly string[]): Coded {
  const place = new Map<string, number>();
  const codes = new Int32Array(texts.length);
  for (let at = 0; at < texts.length; at++) {
    let code = place.get(texts[at]);
    if (code === undefined) {
      code = place.size;
      place.set(texts[at], code);
    }
    codes[at] = code;
  }
  return { categories: [...place.keys()], codes };
}
