/** The cell types of a model, `classes.tsv`: a tree, whose leaves are columns of the graph. */

import { BundleError } from "../errors.js";
import { clip, quoted, quotedAscii } from "../text/quoting.js";
import { CLASSES } from "./files.js";
import { checkName, fieldNumber, parseTable, sameRow } from "./table.js";
import type { Classes } from "./types.js";

const MAX_CLASSES = 5_000;
const MAX_LEVELS = 40;
const MAX_LINE = 1_000;
const COLUMNS = [
  "name",
  "parent",
  "ontology_id",
  "prior",
  "cells",
  "judged",
  "precision",
  "recall",
  "f1",
  "baseline_f1",
];
const TEXTS = 3; // columns before the numbers
const COUNTED = new Set(["cells", "judged"]);
/** What a cell is called of which the type is not known. */
const RESERVED = "unassigned";
const ONTOLOGY_ID = /^[A-Za-z]{2,10}:[0-9]{1,10}$/;
const SUM_TOLERANCE = 1e-3;

/**
 * Parse and check the bytes of a `classes.tsv`.
 *
 * @throws BundleError when it is not exactly of the declared form, or no tree
 */
export function parseClasses(bytes: Uint8Array): Classes {
  const { header, rows } = parseTable(bytes, { file: CLASSES, rows: MAX_CLASSES, line: MAX_LINE });
  if (!sameRow(header, COLUMNS))
    throw new BundleError(`${CLASSES} must begin with the columns ${COLUMNS.join(", ")}.`);
  const numbers = COLUMNS.slice(TEXTS).map(() => new Float64Array(rows.length));
  rows.forEach((row, place) => {
    const found = numbersOf(row, `${CLASSES}, line ${place + 2}`);
    numbers.forEach((column, i) => {
      column[place] = found[i];
    });
  });
  const names = rows.map(([name]) => name);
  const parents = parentsOf(
    names,
    rows.map(([, parent]) => parent),
  );
  const levels = levelsOf(names, parents);
  const inner = new Set(parents);
  const [priors, cells, , precision, recall, f1] = numbers;
  const leaves = Int32Array.from(names.keys()).filter((row) => !inner.has(row));
  const classes = { names, parents, levels, leaves, priors, cells, precision, recall, f1 };
  checkPriors(classes);
  return { ...classes, ontologyIds: rows.map(([, , id]) => id) };
}

/** Names of the leaves, in the order of the columns of `class_probabilities`. */
export function leafNames(classes: Classes): string[] {
  return Array.from(classes.leaves, (row) => classes.names[row]);
}

/** Check the texts of a row, and return its numbers. */
function numbersOf(row: readonly string[], where: string): number[] {
  const [name, , ontologyId] = row;
  checkName(name, where, "a cell type");
  if (folded(name) === RESERVED)
    throw new BundleError(
      `${where}: no cell type is called ${quoted(RESERVED)}, which says that a cell's is not known.`,
    );
  if (ontologyId && !ONTOLOGY_ID.test(ontologyId))
    throw new BundleError(
      `${where}: ${quotedAscii(clip(ontologyId, 40))} is no id of an ontology, such as CL:0000084.`,
    );
  return row
    .slice(TEXTS)
    .map((field, i) => fieldNumber(field, where, COUNTED.has(COLUMNS[TEXTS + i]) ? [1e9, "1e+09"] : [1, "1"]));
}

/** A name without its case, as far as any letter could make it the reserved one. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll("\u017f", "s").replaceAll("\u00df", "ss");
}

function parentsOf(names: readonly string[], above: readonly string[]): Int32Array {
  const rows = new Map<string, number>();
  names.forEach((name, row) => {
    if (rows.has(name)) throw new BundleError(`${CLASSES}: the type ${quoted(name)} occurs twice.`);
    rows.set(name, row);
  });
  return Int32Array.from(above, (parent, row) => {
    const found = parent ? rows.get(parent) : -1;
    if (found === undefined)
      throw new BundleError(
        `${CLASSES}: ${quoted(names[row])} is a ${quotedAscii(clip(parent, 40))}, which is no type of it.`,
      );
    return found;
  });
}

/** How far each row is from its root; what goes round is refused. */
function levelsOf(names: readonly string[], parents: Int32Array): Int32Array {
  return parents.map((_, row) => {
    let above = row;
    for (let level = 0; level < MAX_LEVELS; level++) {
      above = parents[above];
      if (above < 0) return level;
    }
    throw new BundleError(
      `${CLASSES}: ${quoted(names[row])} is over ${MAX_LEVELS} levels below a root, or goes round.`,
    );
  });
}

function checkPriors({ names, leaves, priors }: Pick<Classes, "names" | "leaves" | "priors">): void {
  if (leaves.length < 2)
    throw new BundleError(`${CLASSES}: a model that names cell types has at least two that none is below.`);
  const isLeaf = new Set(leaves);
  const inner = priors.findIndex((prior, row) => !isLeaf.has(row) && !Number.isNaN(prior));
  if (inner >= 0)
    throw new BundleError(`${CLASSES}: ${quoted(names[inner])} has types below it: theirs are the priors.`);
  const known = Array.from(leaves, (row) => priors[row]);
  const sum = known.reduce((total, prior) => total + prior, 0);
  if (!known.every(Number.isNaN) && !(Math.abs(sum - 1) <= SUM_TOLERANCE))
    throw new BundleError(`${CLASSES}: the priors of the leaves do not sum to 1.`);
}
