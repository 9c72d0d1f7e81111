/** The models that are offered: those beside the page, of the Hub, or dropped; and which of them does what. */

import type { Task } from "../bundle/types.js";
import { sameSpecies } from "../genes/species.js";
import type { DatasetSeen, ModelPlace, ModelSeen } from "./messages.js";
import { placeKey } from "./messages.js";
import type { Offered } from "./state.js";

const MOST_MODELS = 500;
const MOST_TEXT = 200;
const TASKS: readonly Task[] = ["annotate", "embed", "impute"];

/** What a task is called on the page. */
export const DOES: Readonly<Record<Task, string>> = {
  annotate: "Name the cells",
  embed: "Place them among known cells",
  impute: "Impute missed counts",
};

/** Of a list of models beside the page, a stranger's: what can be used of it. */
export function listed(json: unknown): readonly Offered[] {
  if (!Array.isArray(json)) return [];
  const found: Offered[] = [];
  for (const entry of json.slice(0, MOST_MODELS)) {
    if (typeof entry !== "object" || entry === null) continue;
    const fields = entry as Readonly<Record<string, unknown>>;
    const folder = text(fields.folder);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(folder)) continue;
    const tasks = Array.isArray(fields.tasks)
      ? TASKS.filter((task) => (fields.tasks as unknown[]).includes(task))
      : [];
    const place: ModelPlace = { kind: "beside", folder };
    const told = { name: text(fields.name) || folder, species: text(fields.species), tissue: text(fields.tissue) };
    found.push({ key: placeKey(place), place, ...told, tasks, seen: null, error: "" });
  }
  return found;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
}

/** A model by its place, of which nothing is known yet. */
export function unread(place: ModelPlace): Offered {
  const name = place.kind === "hub" ? place.repository : place.kind === "beside" ? place.folder : place.name;
  return { key: placeKey(place), place, name, species: "", tissue: "", tasks: [], seen: null, error: "" };
}

/** A model, read. */
export function withSeen(model: Offered, seen: ModelSeen): Offered {
  const { name, species, tissue, tasks } = seen;
  return { ...model, name, species, tissue, tasks, seen, error: "" };
}

/**
 * Whether its list already says that it is of another species than the cells: it is not read then. A list is anybody's
 * word: a species that is not known contradicts none. What is to be said of cells of two species, each model says.
 */
export function isOfOtherSpecies({ species }: Offered, dataset: DatasetSeen): boolean {
  if (dataset.species === "unknown") return false;
  const possible = dataset.species.split(/ or | and /);
  return !sameSpecies(species, { species: dataset.species, possible, why: "", together: false });
}

/** Whether it can do a task with these cells. */
export function canDo(model: Offered, task: Task): boolean {
  return model.seen !== null && model.seen.refusal === "" && model.seen.tasks.includes(task);
}

/** For each task the model of the highest coverage, or null. */
export function bestOf(models: readonly Offered[]): Record<Task, string | null> {
  const best = (task: Task) => {
    const able = models.filter((model) => canDo(model, task));
    able.sort((a, b) => (b.seen?.coverage ?? 0) - (a.seen?.coverage ?? 0));
    return able[0]?.key ?? null;
  };
  return { annotate: best("annotate"), embed: best("embed"), impute: best("impute") };
}
