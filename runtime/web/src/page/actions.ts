/** What a person can do on the page: each is a change of the state, by way of the worker. */

import type { Task } from "../bundle/types.js";
import { Client, type Pending, STOPPED, WorkerFailure, WorkerLost } from "./client.js";
import { sorted } from "./dropped.js";
import type { Asked, Call, DatasetSeen, Fetched, ModelPlace, Plan } from "./messages.js";
import { bestOf, isOfOtherSpecies, listed, unread, withSeen } from "./offered.js";
import { save } from "./save.js";
import { type Looking, NO_RESULTS, type Offered, type State, type Store } from "./state.js";
import { legible, some } from "./texts.js";

const TASKS: readonly Task[] = ["annotate", "embed", "impute"];
const MOST_INDEX = 1 << 20;

const WAIT = "Something is going on. Wait for it, or cancel it, and try again.";
const LEFT_OUT = "not looked at";

/** Whether a model was not looked at because a person stopped that; it is not looked at by itself then. */
export function isLeftOut(model: Offered): boolean {
  return model.error === LEFT_OUT;
}

/** What can be saved. */
export type SaveCall = "saveCells" | "saveEverything" | "saveCounts";

/** What a person can do. */
export class Actions {
  readonly #store: Store;
  readonly #client: Client;
  readonly #byHand = new Set<Task>();
  #looking = 0;

  constructor(store: Store, worker: URL) {
    this.#store = store;
    this.#client = new Client(
      worker,
      (fetched) => this.fetched(fetched),
      () => this.#toOpen(),
    );
  }

  /** Something was fetched. */
  fetched(fetched: readonly Fetched[]): void {
    this.#store.set({ fetched: [...this.#store.now.fetched, ...fetched] });
  }

  /** Read the list of models beside the page; there may be none. */
  async list(): Promise<void> {
    try {
      const answer = await fetch(new URL("models/index.json", document.baseURI), { redirect: "error" });
      const text = answer.ok ? await answer.text() : "[]";
      if (text.length > MOST_INDEX) return;
      this.#store.set({ offered: [...listed(JSON.parse(text)), ...this.#store.now.offered] });
      void this.#look();
    } catch {
      // No list, or none that can be read: a model can be named or dropped.
    }
  }

  /** Files were chosen: cells, or a model. */
  async take(files: readonly File[]): Promise<void> {
    const { kind, name, files: kept } = sorted(files);
    if (kept.length === 0) return;
    if (this.#refused()) return;
    if (kind === "model") await this.offer({ kind: "files", name, files: kept });
    else await this.#open(kept, null);
  }

  /** Take the counts from another matrix of the dataset. */
  async takeLayer(layer: string | null): Promise<void> {
    await this.#open(this.#store.now.files, layer);
  }

  /** Whether a change must be refused, and say so: while something goes on, what it works with stays as it is. */
  #refused(): boolean {
    const isBusy = this.#store.now.running !== null;
    if (isBusy) this.#store.set({ problem: WAIT });
    return isBusy;
  }

  async #open(files: readonly File[], layer: string | null): Promise<void> {
    if (this.#refused()) return;
    this.#looking++;
    this.#byHand.clear();
    const offered = this.#store.now.offered.map((model) => ({ ...model, seen: null, error: "" }));
    this.#store.set({ files, layer, dataset: null, offered, chosen: bestOf([]), looking: null, ...NO_RESULTS });
    const dataset = await this.#busy("Opening your data", "open", { files, layer });
    if (!dataset) return;
    const said = `${dataset.name}: ${some(dataset.cells, "cell")}, ${some(dataset.genes, "gene")}.`;
    this.#store.set({ dataset, said });
    void this.#look();
  }

  /** A new worker knows nothing: it is given the dataset again. What it computed it computes again where asked for. */
  #toOpen(): Asked["open"]["ask"] | null {
    const { files, layer, dataset } = this.#store.now;
    return dataset ? { files, layer } : null;
  }

  /** Offer one more model. */
  async offer(place: ModelPlace): Promise<void> {
    if (this.#refused()) return;
    const model = unread(place);
    const others = this.#store.now.offered.filter((other) => other.key !== model.key);
    this.#store.set({ offered: [model, ...others], problem: "" });
    await this.#look();
    const read = this.#store.now.offered.find((other) => other.key === model.key);
    if (read && isLeftOut(read)) return;
    const problem = read?.error || read?.seen?.refusal;
    if (problem) this.#store.set({ problem: `${model.name}: ${problem}` });
    else if (read?.seen) for (const task of read.seen.tasks) this.choose(task, read.key);
  }

  /** Look at the models of which a person stopped the look. */
  async lookAtOthers(): Promise<void> {
    const offered = this.#store.now.offered.map((model) => (isLeftOut(model) ? { ...model, error: "" } : model));
    this.#store.set({ offered, problem: "" });
    await this.#look();
  }

  /** Look at every model that was not, with these cells, one after the other. */
  async #look(): Promise<void> {
    const turn = ++this.#looking;
    for (;;) {
      const { dataset, offered } = this.#store.now;
      if (!dataset || dataset.refusal || turn !== this.#looking) return;
      const next = offered.find((model) => isUnseen(model, dataset));
      if (!next) {
        this.#store.set({ looking: null });
        return;
      }
      const { read, goesOn } = await this.#readOne(next, turn);
      if (turn !== this.#looking || this.#store.now.dataset !== dataset) return;
      const models = this.#store.now.offered.map((other) => {
        const model = other.key === read.key ? read : other;
        return goesOn || !isUnseen(model, dataset) ? model : { ...model, error: LEFT_OUT };
      });
      this.#store.set({ offered: models, chosen: { ...bestOf(models), ...this.#keptByHand() } });
    }
  }

  /** Look at one model; a person may stop it, and all that were to follow. */
  async #readOne(model: Offered, turn: number): Promise<{ readonly read: Offered; readonly goesOn: boolean }> {
    const { answer, stop } = this.#client.ask("model", { place: model.place });
    const looking: Looking = {
      stage: `Looking at ${legible(model.name)}`,
      stopping: false,
      stop: () => {
        if (turn !== this.#looking) return;
        this.#store.set({ looking: { ...looking, stopping: true } });
        stop();
      },
    };
    this.#store.set({ looking });
    const isStopped = () => turn === this.#looking && this.#store.now.looking?.stopping === true;
    try {
      const read = withSeen(model, await answer);
      return { read, goesOn: !isStopped() };
    } catch (error) {
      if (isStopped()) return { read: model, goesOn: false };
      // Another answer was stopped, and the worker with it: the model is read again.
      if (isStop(error)) return { read: model, goesOn: true };
      if (!(error instanceof WorkerLost)) return { read: { ...model, error: messageOf(error) }, goesOn: true };
      this.#fail(error);
      return { read: error.spoke ? { ...model, error: error.message } : model, goesOn: false };
    }
  }

  #keptByHand(): Partial<State["chosen"]> {
    return Object.fromEntries([...this.#byHand].map((task) => [task, this.#store.now.chosen[task]]));
  }

  /** Have a task done by a model, or by none. */
  choose(task: Task, key: string | null): void {
    this.#byHand.add(task);
    this.#store.set({ chosen: { ...this.#store.now.chosen, [task]: key } });
  }

  /** Do what was chosen when it began: what is chosen later is for another run. */
  async run(): Promise<boolean> {
    if (this.#refused() || this.#store.now.looking) return false;
    const plan = TASKS.map((task) => ({ task, model: this.#modelOf(task) }));
    this.#store.set({ ...NO_RESULTS, problem: "" });
    // A task that was cancelled ends the run, even where its result was on its way.
    for (const { task, model } of plan) if (model && !(await this.#do(task, model))) return false;
    this.#store.set({ said: "Done. The results are below." });
    return true;
  }

  #modelOf(task: Task): Offered | null {
    const key = this.#store.now.chosen[task];
    return this.#store.now.offered.find((model) => model.key === key) ?? null;
  }

  async #do(task: Task, model: Offered): Promise<boolean> {
    const ask = { place: model.place };
    if (task === "annotate") {
      const found = await this.#busy("Naming cells", "annotate", ask);
      if (found) this.#store.set({ named: { model, found } });
      return found !== null;
    }
    if (task === "embed") {
      const found = await this.#busy("Placing cells", "embed", ask);
      if (found) this.#store.set({ placed: { model, found } });
      return found !== null;
    }
    const found = await this.#busy("Preparing to impute", "impute", ask);
    if (found) this.#store.set({ imputed: { model, found } });
    return found !== null;
  }

  /** Show a gene, by its place in the dataset. */
  async showGene(column: number): Promise<void> {
    const place = this.#store.now.imputed?.model.place ?? null;
    const gene = await this.#busy("Reading counts", "gene", { column, place });
    if (gene) this.#store.set({ gene, said: `${this.#store.now.dataset?.geneNames[column]} is shown.` });
  }

  /** Colour the map by types, their probability, or a column of obs. */
  async colourBy(kind: "types" | "probability" | "obs", column = ""): Promise<void> {
    if (kind !== "obs") this.#store.set({ colourBy: { kind } });
    else {
      const labels = await this.#busy("Reading a column", "obs", { column });
      if (labels) this.#store.set({ colourBy: { kind, column, labels } });
    }
  }

  /** Make a file and save it. */
  async save(call: SaveCall): Promise<void> {
    const made = await this.#busy("Making the file", call, { plan: this.#plan() });
    if (made) this.#saved(made);
  }

  /** Make a table of some genes and save it. */
  async saveGenes(columns: readonly number[]): Promise<void> {
    const made = await this.#busy("Making the file", "saveGenes", { plan: this.#plan(), columns });
    if (made) this.#saved(made);
  }

  #saved(made: Asked["saveCells"]["give"]): void {
    save(made);
    this.#store.set({ said: `${made.name} was handed to the browser to be saved.` });
  }

  #plan(): Plan {
    const { named, placed, imputed } = this.#store.now;
    const place = (result: { readonly model: Offered } | null) => result?.model.place ?? null;
    return { annotate: place(named), embed: place(placed), impute: place(imputed) };
  }

  /** Ask for something that takes a while: with a bar, and a way to stop it; null where it failed. */
  async #busy<K extends Call>(stage: string, call: K, ask: Asked[K]["ask"]): Promise<Asked[K]["give"] | null> {
    if (this.#store.now.running) return null;
    this.#store.set({ problem: "" });
    const pending: Pending<Asked[K]["give"]> = this.#client.ask(call, ask, (now, done, total) => {
      const { running } = this.#store.now;
      if (running) this.#store.set({ running: { ...running, stage: now, done, total } });
    });
    let isStopped = false;
    const stop = () => {
      const { running } = this.#store.now;
      if (running) this.#store.set({ running: { ...running, stopping: true } });
      isStopped = true;
      pending.stop();
    };
    this.#store.set({ running: { stage, done: 0, total: 0, stop, stopping: false } });
    try {
      const give = await pending.answer;
      // The answer was on its way when a person stopped it.
      if (isStopped) throw new WorkerFailure({ kind: "stopped", message: STOPPED });
      return give;
    } catch (error) {
      this.#fail(error);
      return null;
    } finally {
      this.#store.set({ running: null });
    }
  }

  #fail(error: unknown): void {
    if (isStop(error)) this.#store.set({ said: messageOf(error) });
    else this.#store.set({ problem: messageOf(error) });
  }
}

function isUnseen(model: Offered, dataset: DatasetSeen): boolean {
  return !model.seen && !model.error && !isOfOtherSpecies(model, dataset);
}

function isStop(error: unknown): boolean {
  return error instanceof WorkerFailure && error.kind === "stopped";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
