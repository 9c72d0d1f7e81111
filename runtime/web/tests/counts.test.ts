/** What the numbers of a matrix are: the answers are Python's, see tests/runtime/test_cases_counts.py. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { general } from "../src/counts/figures.js";
import { chooseCounts } from "../src/counts/source.js";
import { CellfillError } from "../src/errors.js";
import { inMemory, sparse } from "../src/readers/rows.js";
import type { Csr, Dataset, GeneTable, Matrix } from "../src/readers/types.js";

type Stored = number | "NaN" | "Infinity";

interface MatrixCase {
  readonly name: string;
  readonly layer: string | null;
  readonly dtype: string;
  readonly genes: readonly string[];
  readonly rows: readonly (readonly Stored[])[];
}

interface Case {
  readonly name: string;
  readonly cells: number;
  readonly genes: readonly string[];
  readonly matrices: readonly MatrixCase[];
  readonly asked?: string;
  readonly answer: {
    readonly refused?: readonly [string, string];
    readonly reading?: readonly [string, string];
    readonly matrix?: string;
    readonly saw?: string;
    readonly columns?: readonly number[] | null;
    readonly counts?: readonly (readonly number[])[];
  };
}

const FILE = "../../tests/data/cases/counts.json";
const { cases } = JSON.parse(readFileSync(FILE, "utf8")) as { cases: readonly Case[] };
const WIDE = ["float64", "int32", "int64"];

function datasetOf(one: Case): Dataset {
  const own: GeneTable = { index: one.genes, columns: [] };
  const matrices = one.matrices.map(({ name, layer, dtype, genes, rows }): Matrix => {
    const values = rows.flat().map(Number);
    const dense = WIDE.includes(dtype) ? Float64Array.from(values) : Float32Array.from(values);
    const held = inMemory(sparse(dense, rows.length, genes.length), dtype);
    const var_ = name === "raw.X" ? { index: genes, columns: [] } : own;
    const { cells } = held;
    return {
      name,
      layer,
      cells,
      genes: genes.length,
      dtype,
      var: var_,
      read: async (from, to) => held.read(from, to),
    };
  });
  return {
    format: "h5ad",
    name: "in.h5ad",
    cells: one.cells,
    var: own,
    matrices,
    cellNames: () => [],
    obs: new Map(),
    notes: [],
    close: () => undefined,
  };
}

function denseOf({ cells, genes, indptr, indices, values }: Csr): number[][] {
  return Array.from({ length: cells }, (_, cell) => {
    const row = new Array<number>(genes).fill(0);
    for (let i = indptr[cell]; i < indptr[cell + 1]; i++) row[indices[i]] = values[i];
    return row;
  });
}

/** What Python says, without the options that a page has not. */
function here([kind, message]: readonly [string, string]): [string, string] {
  return [kind, message.replace(" with --layer (layer=...)", "")];
}

async function refusal(call: Promise<unknown>): Promise<[string, string] | null> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CellfillError, String(error));
    return [error.name, error.message];
  }
  return null;
}

for (const one of cases)
  test(one.name, async () => {
    const { answer } = one;
    const choosing = chooseCounts(datasetOf(one), one.asked);
    if (answer.refused) {
      assert.deepEqual(await refusal(choosing), here(answer.refused));
      return;
    }
    const chosen = await choosing;
    assert.equal(chosen.saw, answer.saw);
    assert.equal(chosen.matrix.name, answer.matrix);
    assert.deepEqual(chosen.columns && [...chosen.columns], answer.columns);
    const reading = chosen.counts(0, one.cells);
    if (answer.reading) {
      assert.deepEqual(await refusal(reading), here(answer.reading));
      return;
    }
    const counts = await reading;
    assert.ok(counts.values instanceof Float32Array);
    const wanted = answer.counts?.map((row) => row.map(Math.fround));
    assert.deepEqual(denseOf(counts), wanted);
  });

test("cells are read in blocks as they are at once", async () => {
  const one = cases.find(({ name }) => name === "log1p of counts per 10,000") as Case;
  const chosen = await chooseCounts(datasetOf(one));
  const parts: number[][] = [];
  for (let from = 0; from < one.cells; from += 3)
    parts.push(...denseOf(await chosen.counts(from, Math.min(from + 3, one.cells))));
  assert.deepEqual(parts, one.answer.counts);
});

test("numbers are written as Python writes them", () => {
  const texts = [0.00001234, 123456, 0.1, 12.3456, 1e7, 99995, 5, 1234.5, -1235.5, 62.125, 0.125].map((value) =>
    general(value, 4),
  );
  assert.deepEqual(texts, [
    "1.234e-05",
    "1.235e+05",
    "0.1",
    "12.35",
    "1e+07",
    "1e+05",
    "5",
    "1234",
    "-1236",
    "62.12",
    "0.125",
  ]);
});
