/** The worker: everything that reads or computes happens here, so that the page never freezes. */

import { mayGoOn, StoppedError, UsageError } from "../errors.js";
import { lookAt, Models } from "./jobs/models.js";
import { observedCounts } from "./jobs/observed.js";
import { type Opened, open } from "./jobs/opened.js";
import { imputationSeen, namesSeen, placesSeen, Results, runOptions, type Watching } from "./jobs/results.js";
import { type Saving, saveCells, saveCounts, saveEverything, saveGenes } from "./jobs/saving.js";
import { turn } from "./jobs/turns.js";
import {
  type Asked,
  type Call,
  coded,
  type Fetched,
  type FromWorker,
  type GeneSeen,
  type ToWorker,
} from "./messages.js";
import { labelled } from "./unlabelled.js";

type Handlers = { [K in Call]: (ask: Asked[K]["ask"], watching: Watching) => Promise<Asked[K]["give"]> };

const models = new Models(new URL("./", self.location.href).href);
const stops = new Map<number, AbortController>();
let current: { readonly opened: Opened; readonly results: Results } | null = null;

const handlers: Handlers = {
  async open({ files, layer }) {
    current?.opened.dataset.close();
    current = null;
    const { opened, seen } = await open(files, layer);
    if (opened) current = { opened, results: new Results(opened, models) };
    return seen;
  },
  async model({ place }) {
    // Of models beside the page, of which there may be many, no more is read than it takes to tell of their genes.
    const found = place.kind === "beside" ? await models.head(place) : await models.bundle(place);
    return lookAt(found, now().opened);
  },
  async annotate({ place }, watching) {
    return namesSeen(await now().results.named(place, watching));
  },
  async embed({ place }, watching) {
    const placed = await now().results.placed(place, watching);
    return placesSeen(placed, (await models.bundle(place)).reference);
  },
  async impute({ place }, watching) {
    return imputationSeen(await now().results.imputer(place, watching));
  },
  async obs({ column }) {
    const found = now().opened.dataset.obs.get(column);
    if (!found) throw new UsageError(`There is no column ${column} in obs.`);
    return coded(labelled(found));
  },
  gene,
  saveCells: ({ plan }, watching) => saveCells(saving(plan, watching)),
  saveEverything: ({ plan }, watching) => saveEverything(saving(plan, watching)),
  saveCounts: ({ plan }, watching) => saveCounts(saving(plan, watching)),
  saveGenes: ({ plan, columns }, watching) => saveGenes(saving(plan, watching), columns),
};

async function gene({ column, place }: Asked["gene"]["ask"], watching: Watching): Promise<GeneSeen> {
  const { opened, results } = now();
  if (!place) return { column, observed: await observedCounts(opened, column, watching), filled: null };
  const imputer = await results.imputer(place, watching);
  const found = await imputer.gene(column, runOptions(`Imputing ${opened.geneNames[column]}`, watching));
  return { column, ...found };
}

function now() {
  if (!current) throw new UsageError("No dataset is open: choose a file first.");
  return current;
}

function saving(plan: Saving["plan"], watching: Watching): Saving {
  return { ...now(), models, plan, watching };
}

function tell(message: FromWorker): void {
  self.postMessage(message);
}

async function answer<K extends Call>(
  call: K,
  id: number,
  ask: Asked[K]["ask"],
  stop: AbortController,
): Promise<void> {
  try {
    mayGoOn(stop.signal);
    const give = await handlers[call](ask, {
      signal: stop.signal,
      onProgress: (stage, done, total) => tell({ say: "progress", id, stage, done, total }),
    });
    // What a person said while the last block was computed is heard here.
    await turn();
    mayGoOn(stop.signal);
    tell({ say: "done", id, give });
  } catch (error) {
    // By class, not by its name: a bundle of the page has shorter names.
    const kind = error instanceof StoppedError ? "stopped" : "failed";
    const message = error instanceof Error ? error.message : String(error);
    tell({ say: "failed", id, failure: { kind, message } });
  } finally {
    stops.delete(id);
  }
}

// One after the other: tasks share the dataset, and ONNX Runtime's memory.
let queue: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.call === "stop") {
    stops.get(data.id)?.abort();
    return;
  }
  const stop = new AbortController();
  stops.set(data.id, stop);
  queue = queue.then(() => answer(data.call, data.id, data.ask, stop));
});

new PerformanceObserver((list) => {
  const entries = list.getEntriesByType("resource") as PerformanceResourceTiming[];
  const fetched: Fetched[] = entries.map((entry) => ({ url: entry.name, bytes: entry.decodedBodySize }));
  if (fetched.length > 0) tell({ say: "fetched", fetched });
}).observe({ type: "resource", buffered: true });
