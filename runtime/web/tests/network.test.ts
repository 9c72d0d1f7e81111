/** A graph that runs: what it is given, what it refuses, and what is made of cells without counts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkGraph, valuesOfCell } from "../src/bundle/graph/check.js";
import { signatureOf } from "../src/bundle/graph/signature.js";
import { contentOf, type Field, fieldsOf, joinFields, BYTES as MESSAGE, VARINT } from "../src/bundle/graph/wire.js";
import { BundleError, StoppedError, TaskError, UsageError } from "../src/errors.js";
import { BLOCK_SIZE, BYTES, mostCells } from "../src/network/blocks.js";
import { replay, verify } from "../src/network/golden.js";
import { openNetwork } from "../src/network/session.js";
import type { InputCells } from "../src/network/types.js";
import type { Csr } from "../src/readers/types.js";
import { annotate } from "../src/tasks/annotate.js";
import { candidateRows } from "../src/tasks/candidates.js";
import { embed } from "../src/tasks/embed.js";
import { prepareImputer } from "../src/tasks/impute.js";
import { model, sourceOf } from "./stand-ins.js";

const bundle = await model("human-pbmc-types");
const network = await openNetwork(bundle);
const symbols = bundle.genes.inputs.length;

/** Cells with a few counts each, none the same. */
function drawn(cells: number): InputCells {
  const inputs = new Float32Array(cells * symbols);
  for (let i = 0; i < inputs.length; i++) if ((i * 2654435761) % 97 < 8) inputs[i] = 1 + (i % 3);
  return { cells, inputs, sizeFactors: Float32Array.from({ length: cells }, (_, cell) => 0.4 + (cell % 5) / 5) };
}

test("cells without counts have no type and no place; the others are as without them", async () => {
  const cells = drawn(6);
  const whole = await network.run(cells);
  const inputCounts = Float64Array.of(1, 1, 0, 1, 1, 1);
  const sizeFactors = cells.sizeFactors.slice();
  sizeFactors[4] = 0;
  const found = await network.run({ ...cells, sizeFactors, inputCounts });
  assert.deepEqual([...found.keys()], ["class_probabilities", "class_energy", "embedding"]);
  for (const [meaning, values] of found) {
    const columns = values.length / 6;
    for (let cell = 0; cell < 6; cell++) {
      const row = values.subarray(cell * columns, (cell + 1) * columns);
      if (cell === 2 || cell === 4) assert.ok(row.every(Number.isNaN), meaning);
      else assert.deepEqual(row, whole.get(meaning)?.subarray(cell * columns, (cell + 1) * columns));
    }
  }
});

test("more cells than a block are run in parts, and two calls take turns", async () => {
  const cells = drawn(300);
  const some: InputCells = {
    cells: 2,
    inputs: cells.inputs.slice(298 * symbols),
    sizeFactors: cells.sizeFactors.slice(298),
  };
  const [all, two] = await Promise.all([network.run(cells), network.run(some)]);
  for (const [meaning, values] of two) {
    const last = all.get(meaning)?.slice(-values.length) ?? [];
    for (const [i, value] of values.entries())
      assert.ok(Math.abs(value - last[i]) < 1e-5 * Math.max(1, Math.abs(value)));
  }
});

/** A graph that makes one more value, of so many columns of a cell, which nothing reads. */
function widened(graph: Uint8Array, columns: number): Uint8Array {
  const text = (number: number, value: string): Field => ({
    number,
    kind: MESSAGE,
    value: new TextEncoder().encode(value),
  });
  const whole = (number: number, value: number): Field => ({ number, kind: VARINT, value: BigInt(value) });
  const message = (number: number, ...fields: readonly Field[]): Field => ({
    number,
    kind: MESSAGE,
    value: joinFields(fields),
  });
  const raw: Field = { number: 9, kind: MESSAGE, value: new Uint8Array(4 * columns) };
  const constant = message(5, whole(1, 1), whole(1, columns), whole(2, 1), text(8, "wide_weights"), raw);
  const node = message(
    1,
    text(1, "size_factors"),
    text(1, "wide_weights"),
    text(2, "wide_value"),
    text(3, "wide_node"),
    text(4, "MatMul"),
  );
  const parts = [...fieldsOf(graph)].map((field) =>
    field.number === 7 ? message(7, ...fieldsOf(contentOf(field)), constant, node) : field,
  );
  return joinFields(parts);
}

test("the more values a graph makes of a cell, the fewer cells it is given at once", async () => {
  const columns = 1_900_000;
  const wide = { ...bundle, graph: widened(bundle.graph, columns) };
  const stated = { inputs: bundle.manifest.inputs, outputs: bundle.manifest.outputs, opset: 18 };
  const values = checkGraph(wide.graph, signatureOf(stated, bundle.genes, bundle.classes));
  assert.equal(values, valuesOfCell(bundle.graph) + columns);
  const opened = await openNetwork(wide);
  const seen: number[] = [];
  const { session } = opened as unknown as { session: { run(feeds: Record<string, { dims: number[] }>): unknown } };
  const run = session.run.bind(session);
  session.run = (feeds) => {
    seen.push(feeds.counts.dims[0]);
    return run(feeds);
  };
  const found = await opened.run(drawn(50));
  assert.equal(
    seen.reduce((sum, cells) => sum + cells),
    50,
  );
  assert.ok(Math.max(...seen) * 4 * values <= BYTES, `${seen}`);
  for (const [meaning, given] of await network.run(drawn(50)))
    for (const [i, value] of given.entries())
      assert.ok(Math.abs((found.get(meaning)?.[i] ?? Number.NaN) - value) < 1e-5 * Math.max(1, Math.abs(value)));
  await opened.close();
});

test("a graph of few values is given a whole block, and no graph less than a cell", async () => {
  assert.deepEqual([mostCells(1), mostCells(2 ** 21), mostCells(2 ** 40)], [BLOCK_SIZE, 18, 1]);
  for (const name of ["human-pbmc", "human-pbmc-types"])
    assert.equal(mostCells(valuesOfCell((await model(name)).graph)), BLOCK_SIZE, name);
});

test("no cells at all are run", async () => {
  const found = await network.run({ cells: 0, inputs: new Float32Array(0), sizeFactors: new Float32Array(0) });
  for (const values of found.values()) assert.equal(values.length, 0);
});

test("a damaged graph, and one of another form than the manifest states, are refused", async () => {
  const graph = bundle.graph.slice(0, bundle.graph.length / 2);
  await assert.rejects(openNetwork({ ...bundle, graph }), (error: Error) => {
    assert.ok(error instanceof BundleError);
    assert.match(error.message, /^ONNX Runtime cannot open model\.onnx: .+\. Get another model\.$/);
    return true;
  });
  const outputs = bundle.manifest.outputs.map((output) => ({ ...output, dimensions: output.dimensions.slice(1) }));
  const other = { ...bundle, manifest: { ...bundle.manifest, outputs } };
  await assert.rejects(
    openNetwork(other),
    /ONNX Runtime reads other inputs or outputs in model\.onnx than cellfill/,
  );
});

test("golden values that do not hold are refused", async () => {
  const { golden } = bundle;
  assert.ok(golden);
  await verify(bundle, network);
  await verify({ ...bundle, golden: null }, network);
  await assert.rejects(replay({ ...bundle, golden: null }, network), /no golden values, which came with format 2/);
  const sizes = golden.cells.map((cell) => ({ ...cell, sizeFactor: cell.sizeFactor * 1.001 }));
  await assert.rejects(
    verify({ ...bundle, golden: { ...golden, cells: sizes } }, network),
    /golden\.json does not hold: size factors differ by 1\.0e-03 of what it states, over 1e-04\. The model is not what/,
  );
  const counts = golden.cells.map((cell) => ({ ...cell, counts: [...cell.counts].reverse() }));
  await assert.rejects(
    verify({ ...bundle, golden: { ...golden, cells: counts } }, network),
    /values of \w+ differ by/,
  );
  await assert.rejects(
    verify({ ...bundle, golden: { ...golden, missing: [] } }, network),
    /golden\.json does not hold/,
  );
});

test("what means nothing is refused before a count is read", async () => {
  const counts: Csr = {
    cells: 1,
    genes: 1,
    indptr: Float64Array.of(0, 1),
    indices: Int32Array.of(0),
    values: Float32Array.of(1),
  };
  const source = { ...sourceOf(["CD3D"], counts), counts: () => assert.fail("counts were read") };
  const work = { bundle, network, source };
  await assert.rejects(annotate(work, { confidence: 1.5 }), /confidence is 1\.5; it must be a share from 0 to 1/);
  await assert.rejects(annotate(work, { level: 0 }), UsageError);
  await assert.rejects(annotate(work, { level: 9 }), /the tree of types of human-pbmc-types has \d: give 1/);
  await assert.rejects(embed(work, { batch: "donor" }), /There is no column 'donor' in obs; there are none/);
  await assert.rejects(prepareImputer(work), (error: Error) => {
    assert.ok(error instanceof TaskError);
    assert.match(error.message, /human-pbmc-types does not impute: it can name cell types and embed cells\./);
    return true;
  });
  const imputing = { ...work, bundle: await model("human-pbmc") };
  await assert.rejects(annotate(imputing), /human-pbmc does not name cell types: it can impute\./);
  await assert.rejects(embed(imputing), /human-pbmc does not embed cells: it can impute\./);
  await assert.rejects(prepareImputer(imputing, { policy: "most" as "max" }), UsageError);
});

test("a person is told how far it is, and can stop it", async () => {
  const names = bundle.genes.symbols;
  const cells = 30;
  const counts: Csr = {
    cells,
    genes: names.length,
    indptr: Float64Array.from({ length: cells + 1 }, (_, cell) => cell * names.length),
    indices: Int32Array.from({ length: cells * names.length }, (_, place) => place % names.length),
    values: new Float32Array(cells * names.length).fill(1),
  };
  const work = { bundle, network, source: sourceOf(names, counts) };
  const told: number[] = [];
  await annotate(work, {
    blockSize: 12,
    onProgress: (done, total) => {
      told.push(done);
      assert.equal(total, cells);
    },
  });
  assert.deepEqual(told, [12, 24, 30]);
  const stop = new AbortController();
  const options = { blockSize: 12, signal: stop.signal, onProgress: () => stop.abort() };
  await assert.rejects(annotate(work, options), StoppedError);
  await assert.rejects(embed(work, options), StoppedError);
});

test("what is read of a large dataset does not grow with it", () => {
  const read = (cells: number) => candidateRows(cells).reduce((sum, { from, to }) => sum + to - from, 0);
  assert.equal(read(8192), 8192);
  assert.equal(read(8193), 8192);
  assert.equal(read(1_000_000), 8192);
  assert.deepEqual(candidateRows(1_000_000).at(-1), { from: 999_936, to: 1_000_000 });
});
