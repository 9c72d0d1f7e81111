/** The page's side of its worker: asks, hears how far it is, and stops it, gently first. */

import type { Asked, Call, Failure, Fetched, FromWorker, ToWorker } from "./messages.js";

/** After so many milliseconds a worker that was told to stop is ended. */
const PATIENCE = 2000;

/** An error that the worker told of. */
export class WorkerFailure extends Error {
  readonly kind: Failure["kind"];
  constructor({ kind, message }: Failure) {
    super(message);
    this.kind = kind;
  }
}

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
  /** Told when a worker was ended and a new one knows nothing: it must be given the dataset again. */
  readonly #onRestart: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;

  constructor(address: URL, onFetched: (fetched: readonly Fetched[]) => void, onRestart: () => void) {
    this.#address = address;
    this.#onFetched = onFetched;
    this.#onRestart = onRestart;
  }

  /** Ask for something. */
  ask<K extends Call>(call: K, ask: Asked[K]["ask"], onProgress: Progress = () => {}): Pending<Asked[K]["give"]> {
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
      if (this.#waiting.has(id) && worker === this.#worker) this.#end("stopped", "Stopped. Nothing was written.");
    }, PATIENCE);
  }

  /** End the worker, whatever it does; all that was asked of it fails. */
  #end(kind: Failure["kind"], message: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(new WorkerFailure({ kind, message }));
    this.#onRestart();
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#address, { type: "module", name: "cellfill" });
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#end("failed", said(event));
    });
    this.#worker = worker;
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
  const why = event.message ? ` (${event.message})` : "";
  return `The part of the page that computes has stopped${why}. Its memory may have been too small for these data.`;
}
