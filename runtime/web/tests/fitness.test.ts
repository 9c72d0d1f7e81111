/** Whether a model fits cells, on cases that both runtimes share. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Generator } from "../src/calibration/random.js";
import type { Graph, ModelCells, Part } from "../src/calibration/types.js";
import { BundleError } from "../src/errors.js";
import { binomial } from "../src/fitness/binomial.js";
import { measureGate, trusted } from "../src/fitness/gate.js";
import { foldMolecules } from "../src/fitness/hiding.js";
import { likeness, likenessToTraining } from "../src/fitness/likeness.js";
import { shrink } from "../src/fitness/shrink.js";
import type { CheckedModel, Evidence, Gate } from "../src/fitness/types.js";
import { judge } from "../src/fitness/verdict.js";
import { quantile } from "../src/maths/statistics.js";
import type { Csr } from "../src/readers/types.js";
import type { Verdict } from "../src/tasks/types.js";
import { calibrationCases } from "./calibration_cases.js";
import { asHere, cases, type Numbers, near } from "./stand-ins.js";

type Stored = { readonly [name in keyof Evidence]: Evidence[name] | null };

interface GateAnswer {
  readonly outputs: number[];
  readonly gain: Numbers;
  readonly known: Numbers;
  readonly better: number[];
  readonly of: Gate["of"];
  readonly cells: number;
  readonly folds: number;
  readonly verdict: Verdict;
  readonly why: string[];
  readonly evidence: Stored;
}

interface FitnessCases {
  readonly base: number[];
  readonly random: readonly { seed: number[]; values: number[] }[];
  readonly binomials: readonly { chance: number; values: number[] }[];
  readonly trials: number[];
  readonly hidden: readonly {
    counts: number[][];
    folds: number;
    seed: number;
    share: number;
    folds_of: [number[][], number[][]][];
  }[];
  readonly shrink: { estimates: number[]; variances: number[]; means: Numbers; above: Numbers };
  readonly likeness: number;
  readonly verdicts: readonly { evidence: Stored; verdict: Verdict; why: string[] }[];
  readonly gates: Readonly<
    Record<
      string,
      {
        asked: {
          calibrated: boolean;
          part: Part | null;
          outputs?: number[];
          cells?: number;
          meaning?: Graph["meaning"];
        };
        answer: GateAnswer | null;
      }
    >
  >;
}

const told = await cases<FitnessCases>("fitness");
const { cells, targets, measured } = await calibrationCases();

test("random numbers are numpy's", () => {
  for (const { seed, values } of told.random) {
    const random = new Generator(seed.length === 1 ? seed[0] : seed);
    assert.deepEqual([...random.randoms(values.length)], values);
  }
});

test("binomial numbers are numpy's, of few trials and of many", () => {
  for (const { chance, values } of told.binomials) {
    const random = new Generator([2, 7]);
    assert.deepEqual(
      told.trials.map((trials) => binomial(random, trials, chance)),
      values,
      `chance ${chance}`,
    );
  }
});

test("molecules are hidden as Python hides them, none twice, fractions rounded", () => {
  for (const { counts, folds, seed, share, folds_of } of told.hidden) {
    const found = [...foldMolecules(sparse(counts), folds, seed, share)];
    const dense = found.map(({ kept, hidden }) => [rowsOf(kept), rowsOf(hidden)]);
    assert.deepEqual(dense, folds_of);
  }
});

test("estimates are drawn to those of all genes", () => {
  const { estimates, variances, means, above } = told.shrink;
  const found = shrink(Float64Array.from(estimates), Float64Array.from(variances));
  near(found.means, means, "posterior mean");
  near(found.above, above, "probability");
  assert.equal(shrink(new Float64Array(0), new Float64Array(0)).means.length, 0);
  assert.equal(quantile(Float64Array.of(4, 1, 3, 2), 0.5), 2.5);
});

test("cells are as like the training cells as Python says", () => {
  const means = new Float64Array(cells.counts.genes).fill(1);
  targets.forEach((row, output) => {
    means[row] = told.base[output];
  });
  near([likenessToTraining(cells.counts, measured, means)], [told.likeness], "likeness", 1e-3, 1e-6);
  assert.equal(likeness(Float64Array.of(1, 2), Float64Array.of(1, 2)), 0);
  assert.equal(likeness(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3)), 0);
});

test("evidence is judged in Python's words, but for commands", () => {
  for (const { evidence, verdict, why } of told.verdicts) {
    const found = judge(evidenceOf(evidence));
    assert.equal(found.verdict, verdict);
    assert.deepEqual(found.why, why.map(here));
  }
});

for (const [name, { asked, answer }] of Object.entries(told.gates))
  test(`a check has Python's answer: ${name}`, async () => {
    const known = Int32Array.from(targets.keys()).filter((output) => measured[targets[output]]);
    const outputs = asked.outputs ? Int32Array.from(asked.outputs) : known;
    const model = toy(1, asked.meaning);
    const found = await measureGate(model, first(model, asked.cells ?? cells.sizeFactors.length), {
      outputs,
      part: asked.part,
    });
    if (answer === null || found === null) {
      assert.equal(found, answer);
      return;
    }
    assert.deepEqual([...found.outputs], answer.outputs);
    near(found.gain, answer.gain, "gain", 1e-3, 2e-5);
    near(found.known, answer.known, "known", 1e-2, 2e-5);
    assert.deepEqual([...found.better], answer.better);
    assert.equal(found.of, answer.of);
    assert.equal(found.cells, answer.cells);
    assert.equal(found.folds, answer.folds);
    assert.equal(found.verdict, answer.verdict);
    assert.deepEqual(found.why, answer.why.map(here));
    const { evidence } = found;
    for (const key of ["level", "knowledge", "known", "helped", "likeness"] as const)
      near([evidence[key]], [answer.evidence[key]], key, 1e-3);
    assert.equal(evidence.ahead, answer.evidence.ahead);
    assert.equal(evidence.genes, answer.evidence.genes);
    trusted(found).forEach((sure, gene) => {
      assert.equal(sure === 1, found.better[gene] === 1 && found.known[gene] >= 0.95);
    });
  });

test("corrected counts that are none are refused", async () => {
  const model = toy(Number.POSITIVE_INFINITY);
  const outputs = Int32Array.of(0, 1, 2);
  await assert.rejects(
    measureGate(model, first(model, 40), { outputs, part: "level" }),
    (error) => error instanceof BundleError && /gives, corrected on these cells, .* undefined/.test(error.message),
  );
});

/** Says of a gene that it goes with every third of the genes that it reads. */
function toy(most = 1, meaning: Graph["meaning"] = "expected"): CheckedModel {
  const means = new Float64Array(cells.counts.genes);
  targets.forEach((row, output) => {
    means[row] = told.base[output];
  });
  const place = new Int32Array(cells.counts.genes).fill(-1);
  targets.forEach((row, output) => {
    if (output % 2 === 0) place[row] = output / 2;
  });
  const predict = async ({ counts, sizeFactors }: ModelCells): Promise<Float32Array> => {
    const said = new Float32Array(sizeFactors.length * targets.length);
    for (let cell = 0; cell < sizeFactors.length; cell++) {
      const parts = [0, 0, 0];
      for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++) {
        const input = place[counts.indices[i]];
        if (input >= 0) parts[input % 3] += counts.values[i];
      }
      const total = Math.max(parts[0] + parts[1] + parts[2], 1);
      told.base.forEach((base, output) => {
        const share = parts[output % 3] / total;
        said[cell * targets.length + output] = sizeFactors[cell] * base * (0.3 + 2.1 * share) * most;
      });
    }
    return said;
  };
  const graph: Graph = { targets, meaning, predict };
  return { graph, measured, means };
}

/** The first cells, with size factors of the toy model. */
function first({ means }: CheckedModel, number: number): ModelCells {
  const entries = cells.counts.indptr[number];
  const counts: Csr = {
    cells: number,
    genes: cells.counts.genes,
    indptr: cells.counts.indptr.slice(0, number + 1),
    indices: cells.counts.indices.slice(0, entries),
    values: cells.counts.values.slice(0, entries),
  };
  const depth = means.reduce((sum, mean, row) => sum + (measured[row] ? mean : 0), 0);
  const sizeFactors = new Float32Array(number);
  for (let cell = 0; cell < number; cell++) {
    let total = 0;
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++)
      if (measured[counts.indices[i]]) total += counts.values[i];
    sizeFactors[cell] = total / depth;
  }
  return { counts, sizeFactors };
}

function here(why: string): string {
  return asHere(why)
    .replace(" (`cellfill check --genes FILE`, column trusted)", "")
    .replace(" (--estimate posterior)", "");
}

function evidenceOf(stored: Stored): Evidence {
  const entries = Object.entries(stored).map(([name, value]) => [name, value ?? Number.NaN]);
  return Object.fromEntries(entries) as unknown as Evidence;
}

function sparse(rows: readonly number[][]): Csr {
  const indptr = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const row of rows) {
    row.forEach((value, column) => {
      if (value === 0) return;
      indices.push(column);
      values.push(value);
    });
    indptr.push(indices.length);
  }
  return {
    cells: rows.length,
    genes: rows[0].length,
    indptr: Float64Array.from(indptr),
    indices: Int32Array.from(indices),
    values: Float32Array.from(values),
  };
}

function rowsOf(counts: Csr): number[][] {
  return Array.from({ length: counts.cells }, (_, cell) => {
    const row = Array<number>(counts.genes).fill(0);
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++) row[counts.indices[i]] = counts.values[i];
    return row;
  });
}
