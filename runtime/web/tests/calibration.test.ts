/** What cells teach a model, on cases that both runtimes share, and the kernels and decompositions beneath it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrate } from "../src/calibration/calibrate.js";
import { denseColumns, moveColumns, placesOf, transpose } from "../src/calibration/csr.js";
import { leading } from "../src/calibration/eigen.js";
import {
  acrossOf,
  combine,
  exponentials,
  logarithms,
  padded,
  products,
  productsLength,
  roomOf,
  scratch,
} from "../src/calibration/kernels.js";
import { solve } from "../src/calibration/linear.js";
import { drawCells, rowsOf } from "../src/calibration/sample.js";
import type { Csr } from "../src/readers/types.js";
import { calibrationCases, silent } from "./calibration_cases.js";
import { near } from "./stand-ins.js";

const { cells, targets, measured, predicted, drawn, calibrations } = await calibrationCases();

for (const [name, { asked, answer }] of Object.entries(calibrations))
  test(`a calibration has Python's answer: ${name}`, async () => {
    const some = rowsOf(cells, 0, asked.cells ?? cells.sizeFactors.length);
    const found = await calibrate(silent(targets, asked.meaning), some, {
      measured,
      predicted: predicted.subarray(0, some.sizeFactors.length * targets.length),
      ...(asked.part && { part: asked.part }),
      ...(asked.refined && { refined: Int32Array.from(asked.refined) }),
    });
    assert.equal(found.part, answer.part);
    assert.equal(found.cells, answer.cells);
    assert.equal(found.scores, answer.scores);
    assert.deepEqual([...found.scoreGenes], answer.score_genes);
    near([found.shallowBelow], [answer.shallow_below], "least size factor");
    near(found.factors, answer.factors, "factor");
    const shown = answer.corrected.length / targets.length;
    const scored = found.scoreGenes.map((output) => targets[output]);
    const counts = denseColumns(cells.counts, placesOf(scored, cells.counts.genes), scored.length, 0, shown);
    const mean = predicted.slice(0, shown * targets.length);
    const factors = cells.sizeFactors.subarray(0, shown);
    near(found.correct(mean, counts, factors), answer.corrected, "corrected mean", 1e-8);
    const some5 = Int32Array.of(40, 5, 99);
    const few = found.take(some5).correct(
      Float32Array.from(some5, (output) => mean[output]),
      counts,
      factors.subarray(0, 1),
    );
    near(
      few,
      [...some5].map((output) => answer.corrected[output]),
      "corrected mean of some genes",
      1e-8,
    );
    assert.equal(found.correct(mean, counts, factors, mean), mean);
    near(mean, answer.corrected, "mean corrected in place", 1e-8);
  });

test("cells are drawn as Python draws them, neither droplets nor freaks", () => {
  assert.deepEqual([...drawCells(cells).rows], drawn);
  assert.ok(!drawn.includes(cells.sizeFactors.length - 1));
});

test("no cells, or none of the model's genes, teach nothing", async () => {
  const none = await calibrate(silent(targets, "expected"), rowsOf(cells, 0, 0), { measured });
  assert.equal(none.part, "none");
  assert.equal(none.cells, 0);
  const missing = await calibrate(silent(targets, "expected"), cells, { measured: measured.map(() => 0) });
  assert.equal(missing.part, "none");
  const mean = Float32Array.from({ length: targets.length }, (_, gene) => gene);
  assert.deepEqual(missing.correct(mean, new Float32Array(0), Float32Array.of(1)), mean);
});

test("exponentials and logarithms are right to the last digits of float32", () => {
  const count = 4001;
  const [values] = scratch(count);
  const given = Float32Array.from({ length: count }, (_, i) => (i - 2000) / 40);
  values.set(given);
  exponentials(values);
  for (let i = 0; i < count; i++) assert.ok(Math.abs(values[i] / Math.exp(given[i]) - 1) < 2e-7, `e^${given[i]}`);
  values.set(given.map(Math.exp));
  const logs = Float64Array.from(values, Math.log);
  logarithms(values);
  for (let i = 0; i < count; i++)
    assert.ok(Math.abs(values[i] - logs[i]) <= 2e-7 * Math.max(1, Math.abs(logs[i])), `log ${logs[i]}`);
});

test("products and sums of rows are those of plain loops, whatever their number", () => {
  for (const [rows, others, length] of [
    [1, 1, 3],
    [5, 3, 1030],
    [8, 7, 512],
  ]) {
    const stride = padded(length);
    const [a, b, out, sums, weights] = scratch(
      roomOf(rows) * stride,
      roomOf(others) * stride,
      productsLength(rows, others),
      stride,
      others,
    );
    for (let i = 0; i < a.length; i++) a[i] = i % stride < length ? Math.sin(i) : 0;
    for (let i = 0; i < b.length; i++) b[i] = i % stride < length ? Math.cos(3 * i) : 0;
    for (let k = 0; k < others; k++) weights[k] = k - 1.5;
    products(a, rows, b, others, stride, out);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < others; j++) {
        let sum = 0;
        for (let k = 0; k < length; k++) sum += a[i * stride + k] * b[j * stride + k];
        assert.ok(Math.abs(out[i * acrossOf(others) + j] - sum) < 1e-4, `${i}, ${j} of ${rows} x ${others}`);
      }
    combine(weights, others, b, stride, sums);
    for (let k = 0; k < length; k++) {
      let sum = 0;
      for (let j = 0; j < others; j++) sum += weights[j] * b[j * stride + k];
      assert.ok(Math.abs(sums[k] - sum) < 1e-5);
    }
  }
});

test("a system of equations is solved", () => {
  const matrix = Float64Array.of(4, 0, 0, 2, 5, 0, 1, -1, 3); // of which the upper triangle is not read
  const right = Float64Array.of(4 + 4 + 3, 2 + 10 - 3, 1 - 2 + 9); // of (1, 2, 3)
  solve(matrix, right, 3);
  near(right, [1, 2, 3], "solution");
});

test("the leading vectors of a matrix are its own, orthogonal, even where values are equal or zero", () => {
  const side = 40;
  for (const spectrum of [
    (i: number) => 1 / (i + 1),
    (i: number) => (i < 3 ? 2 : i < 9 ? 1 : 1e-12),
    (i: number) => (i < 4 ? 5 - i : 0),
    () => 0,
  ]) {
    const matrix = rotated(side, spectrum);
    const { values, vectors } = leading(matrix.slice(), side, 8);
    for (let k = 0; k < 8; k++) {
      assert.ok(Math.abs(values[k] - spectrum(k)) < 1e-12, `value ${k}: ${values[k]}`);
      const vector = vectors.subarray(k * side, (k + 1) * side);
      for (let i = 0; i < side; i++) {
        let sum = 0;
        for (let j = 0; j < side; j++) sum += matrix[i * side + j] * vector[j];
        assert.ok(Math.abs(sum - values[k] * vector[i]) < 1e-9, `vector ${k}`);
      }
      for (let other = 0; other <= k; other++) {
        let inner = 0;
        for (let j = 0; j < side; j++) inner += vectors[other * side + j] * vector[j];
        assert.ok(Math.abs(inner - (other === k ? 1 : 0)) < 1e-8, `${other} with ${k}: ${inner}`);
      }
    }
  }
});

test("columns of one place are summed, and those of none left out", () => {
  const counts: Csr = {
    cells: 2,
    genes: 4,
    indptr: Float64Array.of(0, 3, 5),
    indices: Int32Array.of(0, 1, 3, 1, 2),
    values: Float32Array.of(1, 2, 3, 4, 5),
  };
  const moved = moveColumns(counts, [1, 0, -1, 1], 2);
  assert.deepEqual([...moved.indptr], [0, 2, 3]);
  assert.deepEqual([...moved.indices], [0, 1, 0]);
  assert.deepEqual([...moved.values], [2, 4, 4]);
  const turned = transpose(counts, null, 4);
  assert.deepEqual([...turned.indices], [0, 0, 1, 1, 0]);
  assert.deepEqual([...turned.values], [1, 2, 4, 5, 3]);
});

/** A symmetric matrix of known eigenvalues: a diagonal, reflected several times. */
function rotated(side: number, spectrum: (i: number) => number): Float64Array {
  const matrix = new Float64Array(side * side);
  for (let i = 0; i < side; i++) matrix[i * side + i] = spectrum(i);
  for (let turn = 1; turn < 4; turn++) {
    const u = Float64Array.from({ length: side }, (_, i) => Math.sin(turn * (i + 1) ** 2));
    const squares = u.reduce((sum, value) => sum + value * value, 0);
    const image = new Float64Array(side);
    for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) image[i] += matrix[i * side + j] * u[j];
    const inner = u.reduce((sum, value, i) => sum + value * image[i], 0);
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++)
        matrix[i * side + j] +=
          (-2 * (u[i] * image[j] + image[i] * u[j])) / squares + (4 * inner * u[i] * u[j]) / squares ** 2;
  }
  return matrix;
}
