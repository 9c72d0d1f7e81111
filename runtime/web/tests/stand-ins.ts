/** Models and cells for tests: a bundle of the repository, and a dataset that is in memory. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readBundle } from "../src/bundle/read.js";
import type { Bundle, BundleFiles } from "../src/bundle/types.js";
import type { Source } from "../src/counts/types.js";
import { openNetwork } from "../src/network/session.js";
import type { Csr, Dataset, GeneTable, Matrix } from "../src/readers/types.js";
import type { Work } from "../src/tasks/types.js";

const ROOT = join(process.cwd(), "../..");

/** Read a model of the repository. */
export async function model(name: string): Promise<Bundle> {
  const files: BundleFiles = {
    where: name,
    read: async (file) => new Uint8Array(await readFile(join(ROOT, "model_cards", name, file)).catch(() => [])),
  };
  return readBundle({
    ...files,
    read: async (file, most) => {
      const bytes = await files.read(file, most);
      return bytes?.length ? bytes : null;
    },
  });
}

/** Read cases that both runtimes share. */
export async function cases<Case>(name: string): Promise<Case> {
  return JSON.parse(await readFile(join(ROOT, "tests/data/cases", `${name}.json`), "utf8")) as Case;
}

/** Counts in memory, as a task gets them. */
export function sourceOf(
  genes: readonly string[],
  counts: Csr,
  { columns = null, obs = {} }: { columns?: Int32Array | null; obs?: Record<string, string[]> } = {},
): Source {
  const table: GeneTable = { index: genes, columns: [] };
  const read = async (from: number, to: number) => rows(counts, from, to);
  const matrix: Matrix = {
    name: "X",
    layer: null,
    cells: counts.cells,
    genes: counts.genes,
    dtype: "float32",
    var: table,
    read,
  };
  const dataset: Dataset = {
    format: "h5ad",
    name: "cells.h5ad",
    cells: counts.cells,
    var: table,
    matrices: [matrix],
    cellNames: () => Array.from({ length: counts.cells }, (_, cell) => `cell${cell}`),
    obs: new Map(Object.entries(obs)),
    notes: [],
    close: () => undefined,
  };
  return {
    dataset,
    matrix,
    saw: "X",
    names: { spellings: [genes], expression: null, notes: [] },
    columns,
    counts: read,
  };
}

/** A model, open, and what it is to work on. */
export async function workOf(bundle: Bundle, source: Source, threads = 1): Promise<Work> {
  return { bundle, source, network: await openNetwork(bundle, { threads }) };
}

function rows(counts: Csr, from: number, to: number): Csr {
  const start = counts.indptr[from];
  const end = counts.indptr[to];
  return {
    cells: to - from,
    genes: counts.genes,
    indptr: counts.indptr.slice(from, to + 1).map((place) => place - start),
    indices: counts.indices.slice(start, end),
    values: counts.values.slice(start, end),
  };
}

/** Numbers as JSON holds them: null for NaN. */
export type Numbers = readonly (number | null)[];

/** Python's sentences name options of its command line, which a page has not. */
export function asHere(why: string): string {
  return why
    .replace(
      "broader types (--level), or on cells of which it is surer (--confidence).",
      "broader types, or on cells of a higher probability.",
    )
    .replace("tells more (cellfill check --task embed).", "tells more: place them, too.")
    .replace(" (`cellfill show MODEL`)", "");
}

/** Refuse differences beyond 1e-5 (or `most`) of a value, or of `scale` where that is more. */
export function near(found: ArrayLike<number>, wanted: Numbers, what: string, scale = 1e-3, most = 1e-5): void {
  assert.equal(found.length, wanted.length, what);
  for (let i = 0; i < wanted.length; i++) {
    const value = wanted[i];
    if (value === null) assert.ok(Number.isNaN(found[i]), `${what} ${i}: ${found[i]}, undefined wanted`);
    else {
      const allowed = most * Math.max(Math.abs(value), scale);
      assert.ok(Math.abs(found[i] - value) <= allowed, `${what} ${i}: ${found[i]}, ${value} wanted`);
    }
  }
}
