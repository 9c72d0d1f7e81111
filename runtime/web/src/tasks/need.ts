/** What a model can do, and what is refused of it before any count is read. */

import type { Manifest, Task } from "../bundle/types.js";
import { TaskError } from "../errors.js";

const DOES: Readonly<Record<Task, string>> = {
  impute: "impute",
  annotate: "name cell types",
  embed: "embed cells",
};

/** What the model can do. */
export function tasksOf(manifest: Manifest): Task[] {
  const has = { impute: manifest.imputation, annotate: manifest.annotation, embed: manifest.embedding };
  return (["impute", "annotate", "embed"] as const).filter((task) => has[task] !== null);
}

/**
 * Refuse a task that the model lacks.
 *
 * @throws TaskError with the tasks that it has
 */
export function need(manifest: Manifest, task: Task): void {
  const tasks = tasksOf(manifest);
  if (tasks.includes(task)) return;
  const has = tasks.map((other) => DOES[other]).join(" and ");
  throw new TaskError(
    `The model ${manifest.name} does not ${DOES[task]}: it can ${has}. Use that, or another model.`,
  );
}
