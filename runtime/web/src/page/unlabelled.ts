/** Cells that have no label: what they are called, and which labels are none. */

import { UNASSIGNED } from "../tasks/annotation/columns.js";

/** What a cell without a label is called. */
export const NOT_LABELLED = "not labelled";
/** Labels that are none: their cells are drawn plain, and no name is written over them. */
export const PLAIN: readonly string[] = [UNASSIGNED, NOT_LABELLED];

const MISSING: ReadonlySet<string> = new Set(["nan", "<NA>"]);

/** Labels of cells as they are shown; what is missing, as readers show it, has a name. */
export function labelled(texts: readonly string[]): string[] {
  return texts.map((text) => (MISSING.has(text) || text.trim() === "" ? NOT_LABELLED : text));
}
