/** The page's side of its worker: asks, hears how far it is, and stops it, gently first. */

import type { Asked, Call, Failure, Fetched, FromWorker, ToWorker } from "./messages.js";

/** After so many milliseconds a worker that was told to stop is ended. */
const PATIENCE = 2000;

/** What is said where a person stopped it. */
export const STOPPED = "Stopped. Nothing was written.";

/** An error that the worker told of. */
export class WorkerFailure extends Error {
  readonly kind: Failure["kind"];
  constructor({ kind, message }: Failure) {
    super(message);
    this.kind = kind;
  }
}

/** The worker is gone, or never came. */
export class WorkerLost extends WorkerFailure {
  /** Whether it had said anything before; if not, its program could not be loaded. */
  readonly spoke: boolean;
  constructor(spoke: boolean, why: string) {
    super({
      kind: "failed",
      message: spoke ? `${HAS_STOPPED}${why}. ${TOO_SMALL}` : `${NOT_LOADED}${why}. ${RELOAD}`,
    });
    this.spoke = spoke;
  }
}

const HAS_STOPPED = "The part of the page that computes has stopped";
const TOO_SMALL =
  "Its memory may have been too small for these data. Close other pages, or take fewer cells, and try again.";
const NOT_LOADED = "The part of the page that computes could not be loaded";
const RELOAD = "See that the page can still be reached, reload it, and choose your files again.";

/** Something that was asked. */
interface Waiting {
  readonly resolve: (give: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: Progress;
}

type Progress = (stage: string, done: number, total: number) => void;

/** An answer that is on its way. */
export interface Pending<T> {
  readonly answer: Promise<T>;
  /** Stop it: the answer is then a failure of the kind `stopped`. */
  readonly stop: () => void;
}

/** Asks the worker. */
export class Client {
  readonly #address: URL;
  readonly #onFetched: (fetched: readonly Fetched[]) => void;
  /** What a new worker, which knows nothing, must open before it is asked for anything else. */
  readonly #toOpen: () => Asked["open"]["ask"] | null;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #spoke = false;
  #asked = 0;

  constructor(
    address: URL,
    onFetched: (fetched: readonly Fetched[]) => void,
    toOpen: () => Asked["open"]["ask"] | null,
  ) {
    this.#address = address;
    this.#onFetched = onFetched;
    this.#toOpen = toOpen;
  }

  /**
   * Ask for something. Where the worker is gone, a new one is started, by this and by nothing else: one that cannot be
   * loaded, or dies of these data, is not started again by itself.
   */
  ask<K extends Call>(call: K, ask: Asked[K]["ask"], onProgress: Progress = () => {}): Pending<Asked[K]["give"]> {
    const dataset = this.#worker || call === "open" ? null : this.#toOpen();
    const opened = dataset ? this.#send("open", dataset, onProgress) : null;
    const asked = this.#send(call, ask, onProgress);
    if (!opened) return asked;
    // It answers in the order of what it is asked: where it cannot open the dataset, that is what is told.
    const answer = Promise.all([opened.answer, asked.answer]).then(([, give]) => give);
    return { answer, stop: asked.stop };
  }

  #send<K extends Call>(call: K, ask: Asked[K]["ask"], onProgress: Progress): Pending<Asked[K]["give"]> {
    const id = ++this.#asked;
    const worker = this.#started();
    const answer = new Promise<Asked[K]["give"]>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, onProgress });
    });
    this.#post(worker, { call, id, ask } as ToWorker);
    return { answer, stop: () => this.#stop(worker, id) };
  }

  #post(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  #stop(worker: Worker, id: number): void {
    if (!this.#waiting.has(id)) return;
    this.#post(worker, { call: "stop", id });
    setTimeout(() => {
      if (this.#waiting.has(id) && worker === this.#worker)
        this.#end(new WorkerFailure({ kind: "stopped", message: STOPPED }));
    }, PATIENCE);
  }

  /** End the worker, whatever it does; all that was asked of it fails. */
  #end(failure: WorkerFailure): void {
    this.#worker?.terminate();
    this.#worker = null;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(failure);
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#address, { type: "module", name: "cellfill" });
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (worker !== this.#worker) return;
      this.#spoke = true;
      this.#hear(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#end(new WorkerLost(this.#spoke, said(event)));
    });
    this.#worker = worker;
    this.#spoke = false;
    return worker;
  }

  #hear(message: FromWorker): void {
    if (message.say === "fetched") {
      this.#onFetched(message.fetched);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if (message.say === "progress") {
      waiting.onProgress(message.stage, message.done, message.total);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.say === "done") waiting.resolve(message.give as never);
    else waiting.reject(new WorkerFailure(message.failure));
  }
}

function said(event: ErrorEvent): string {
  return event.message ? ` (${event.message})` : "";
}
