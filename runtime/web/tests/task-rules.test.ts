/** The rules of the tasks, on cases that both runtimes share. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Classes, Unknown } from "../src/bundle/types.js";
import { BundleError, EstimateError } from "../src/errors.js";
import { blocksOf } from "../src/network/blocks.js";
import { checkOutput, checkValues } from "../src/network/outputs.js";
import type { Dataset } from "../src/readers/types.js";
import { descend } from "../src/tasks/annotation/answer.js";
import { estimateShares } from "../src/tasks/annotation/shares.js";
import { type TypeRow, typeRows } from "../src/tasks/annotation/table.js";
import { rank, ranks, typicality } from "../src/tasks/annotation/unknown.js";
import { judge as judgeNames } from "../src/tasks/annotation/verdict.js";
import { batchesOf, takeOutBatches } from "../src/tasks/embedding/batches.js";
import { judge as judgePlaces } from "../src/tasks/embedding/verdict.js";
import { filled } from "../src/tasks/imputation/block.js";
import { chooseEstimate, expressed, posterior } from "../src/tasks/imputation/estimates.js";
import { onlyCells, percent, roundedPercent, scientific, twoPlaces } from "../src/text/figures.js";
import { asHere, cases, type Numbers, near } from "./stand-ins.js";

interface Rules {
  readonly named: readonly { evidence: Record<string, number | string[] | null>; verdict: string; why: string[] }[];
  readonly placed: readonly { evidence: Record<string, number | null>; verdict: string; why: string[] }[];
  readonly tree: {
    names: string[];
    parents: number[];
    levels: number[];
    leaves: number[];
    probabilities: number[][];
    answers: { confidence: number; level: number | null; types: number[]; probability: number[] }[];
  };
  readonly ranks: { quantiles: number[]; levels: number[]; values: Numbers; ranks: Numbers };
  readonly shares: readonly { trained: number[]; probabilities: number[][]; shares: number[] }[];
  readonly batches: { places: Numbers[]; probabilities: Numbers[]; batches: number[]; moved: Numbers[] };
  readonly estimates: readonly { mean: number; count: number; phi: number; expressed: number; posterior: number }[];
  readonly figures: { shares: number[]; percent: string[]; rounded: string[]; places: string[]; cells: string[] };
  readonly table: { types: string[]; probability: Numbers; typical: Numbers; leaves: string[]; rows: TypeRow[] };
}

const rules = await cases<Rules>("task-rules");
const orNaN = (value: number | null) => value ?? Number.NaN;

test("verdicts on naming are Python's", () => {
  for (const { evidence: said, verdict, why } of rules.named) {
    const { off, ...figures } = said;
    const numbers = Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, orNaN(value as number)]),
    );
    const evidence = { ...numbers, oneType: numbers.one_type, off: off as string[] } as unknown as Parameters<
      typeof judgeNames
    >[0];
    assert.deepEqual(judgeNames(evidence), { verdict, why: why.map(asHere) }, JSON.stringify(said));
  }
});

test("verdicts on placing are Python's", () => {
  for (const { evidence: said, verdict, why } of rules.placed) {
    const numbers = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, orNaN(value)]));
    const evidence = numbers as unknown as Parameters<typeof judgePlaces>[0];
    assert.deepEqual(judgePlaces(evidence), { verdict, why: why.map(asHere) }, JSON.stringify(said));
  }
});

test("answers go down the tree as Python's do", () => {
  const { names, parents, levels, leaves, probabilities, answers } = rules.tree;
  const classes = {
    names,
    parents: Int32Array.from(parents),
    levels: Int32Array.from(levels),
    leaves: Int32Array.from(leaves),
  } as unknown as Classes;
  for (const { types, probability, ...how } of answers) {
    const found = descend(classes, Float32Array.from(probabilities.flat()), how);
    assert.deepEqual(Array.from(found.types), types, JSON.stringify(how));
    near(found.probability, probability, JSON.stringify(how));
  }
});

test("ranks are linear between quantiles, the highest of equal ones", () => {
  const { quantiles, levels, values, ranks } = rules.ranks;
  near(
    values.map((value) => rank(orNaN(value), quantiles, levels)),
    ranks,
    "rank",
  );
});

test("a cell is ranked among known cells of its own type, by every score", () => {
  const unknown: Unknown = {
    threshold: 0.1,
    levels: [0, 0.5, 1],
    scores: [
      { score: "energy", quantiles: [[0, 10, 20]] },
      {
        score: "profile",
        quantiles: [
          [-1, 0, 1],
          [-3, -1, 5],
        ],
      },
    ],
  };
  // Two types and three genes, of which the dataset lacks the last.
  const profiles = { shares: Float32Array.of(0.4, 0.1, 0.4, 0.3, 0.2, 0.6), leaves: 2 };
  const prepared = typicality(profiles, [true, true, false], unknown);
  const inputs = Float32Array.of(3, 1, 9, 1, 3, 9, 0, 0, 9);
  const cells = { cells: 3, inputs, sizeFactors: Float32Array.of(1, 1, 1) };
  const found = ranks(prepared, cells, Int32Array.of(0, 1, 0), Float32Array.of(5, 15, 10));
  // Of the first type's even profile any cell is typical, 0; of the second's, .25 and .75, too, since it has these shares.
  near(found, [0.25 * 0.5, 0.75 * (0.5 + 0.5 / 6), 0], "rank", 1);
});

test("shares of types in new cells are Python's", () => {
  for (const { trained, probabilities, shares } of rules.shares)
    near(estimateShares(Float32Array.from(probabilities.flat()), Float64Array.from(trained)), shares, "share");
});

test("batches are taken out as Python does", () => {
  const { places: given, probabilities, batches, moved } = rules.batches;
  const places = Float32Array.from(given.flat(), orNaN);
  takeOutBatches({
    places,
    dimensions: 3,
    probabilities: Float32Array.from(probabilities.flat(), orNaN),
    types: 2,
    batches: Int32Array.from(batches),
  });
  near(places, moved.flat(), "place", 1);
});

test("a column of batches names a batch of every cell, and batches of several", () => {
  const of = (...values: string[]) =>
    batchesOf({ obs: new Map([["donor", values]]) } as unknown as Dataset, "donor");
  assert.deepEqual([...of("b", "a", "b", "a")], [0, 1, 0, 1]);
  for (const none of ["nan", "<NA>", ""])
    assert.throws(
      () => of("a", none, "a", none),
      /^DataError: 2 cells have no batch: obs\['donor'\] is empty there/,
    );
  assert.throws(
    () => of("a", "b", "c", "d", "d"),
    /^DataError: obs\['donor'\] has 4 batches, and 3 of the 5 cells are alone in theirs: it names cells, not batches/,
  );
  assert.deepEqual([...of("a", "b", "c", "c")], [0, 1, 2, 2]);
});

test("estimates are Python's closed forms", () => {
  for (const { mean, count, phi, ...wanted } of rules.estimates) {
    near([Math.fround(expressed(mean))], [wanted.expressed], `expressed of ${mean}`);
    near([Math.fround(posterior(mean, count, phi))], [wanted.posterior], `posterior of ${mean}`, 1e-12);
  }
});

test("an estimate that a model has not is refused", () => {
  assert.equal(chooseEstimate(undefined, ["expected", "posterior"]), "expected");
  assert.equal(chooseEstimate(undefined, ["expressed"]), "expressed");
  assert.throws(() => chooseEstimate("posterior", ["expressed"]), EstimateError);
  assert.throws(() => chooseEstimate("mean", ["expected"]), /estimate is 'mean'; it must be one of/);
});

test("policies keep, replace or compare observed counts", () => {
  for (const policy of ["zeros", "all", "max"] as const) assert.equal(filled(policy, 0, 0.4), 0.4);
  assert.equal(filled("zeros", 2, 3.5), 2);
  assert.equal(filled("all", 2, 0.5), 0.5);
  assert.equal(filled("max", 2, 0.5), 2);
  assert.equal(filled("max", 2, 3.5), 3.5);
});

test("figures read as Python writes them", () => {
  const { shares, cells, ...wanted } = rules.figures;
  assert.deepEqual(shares.map(percent), wanted.percent);
  assert.deepEqual(shares.map(roundedPercent), wanted.rounded);
  assert.deepEqual(shares.map(twoPlaces), wanted.places);
  assert.deepEqual(
    [0, 1, 2, 19].map((count) => onlyCells(count, "has", "have")),
    cells,
  );
  assert.deepEqual([1e-4, 0.0123, 3, 1.5e-12].map(scientific), ["1.0e-04", "1.2e-02", "3.0e+00", "1.5e-12"]);
});

test("the table of types is Python's", () => {
  const { types, probability, typical, leaves, rows } = rules.table;
  const found = typeRows({
    types,
    leaves,
    probability: Float32Array.from(probability, orNaN),
    typical: Float32Array.from(typical, orNaN),
  });
  assert.deepEqual(
    found.map(({ name, cells, off }) => ({ name, cells, off })),
    rows.map(({ name, cells, off }) => ({ name, cells, off })),
  );
  near(
    found.flatMap((row) => [row.probability, row.typical]),
    rows.flatMap((row) => [row.probability, row.typical]),
    "row",
  );
});

test("what no probability and no count can be is refused", () => {
  const every = () => true;
  checkOutput(Float32Array.of(0.5, 0.5, Number.NaN, 1), 2, "class_probabilities", (cell) => cell === 0);
  for (const row of [
    [0.5, 0.4],
    [1.2, -0.2],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 0],
  ])
    assert.throws(
      () => checkOutput(Float32Array.of(1, 0, ...row), 2, "class_probabilities", every),
      /gives for 1 of 2 cells an output \(class_probabilities\) that is undefined, infinite or does not sum to 1\. It is damaged/,
    );
  checkOutput(Float32Array.of(-3, 1e11), 1, "embedding", every);
  assert.throws(() => checkOutput(Float32Array.of(-3, 2e12), 1, "embedding", every), BundleError);
  checkValues(Float32Array.of(0, 1e12), 1, "gives");
  for (const value of [-1e-6, Number.NaN, 2e12])
    assert.throws(
      () => checkValues(Float32Array.of(0, value), 1, "gives"),
      /The model gives 1 of 2 values in a block of 1 cells that are undefined, below 0 or beyond all counts/,
    );
});

test("blocks cover all cells", () => {
  assert.deepEqual(
    [...blocksOf(10, 4)],
    [
      { from: 0, to: 4 },
      { from: 4, to: 8 },
      { from: 8, to: 10 },
    ],
  );
  assert.deepEqual([...blocksOf(0, 4)], []);
});
