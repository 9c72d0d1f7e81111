/** Graphs: cut as Python cuts them, and bounded before they are believed. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { checkGraph, valuesOfCell } from "../src/bundle/graph/check.js";
import { readGraphFile } from "../src/bundle/graph/file.js";
import { keepOutputs } from "../src/bundle/graph/outputs.js";
import { signatureOf } from "../src/bundle/graph/signature.js";
import { BYTES, type Field, fieldsOf, integersOf, joinFields, VARINT } from "../src/bundle/graph/wire.js";
import { readBundle } from "../src/bundle/read.js";
import { BundleError } from "../src/errors.js";
import { filesOf, inMemory, readCases } from "./bundle-cases.js";

const cases = await readCases();

function number(place: number, value: bigint): Field {
  return { number: place, kind: VARINT, value: BigInt.asUintN(64, value) };
}

function message(place: number, ...fields: readonly Field[]): Field {
  return { number: place, kind: BYTES, value: joinFields(fields) };
}

describe("graphs cut down to some outputs", () => {
  for (const { base, meanings, bytes, sha256 } of cases.cuts)
    it(`${meanings.join(" and ")} alone are to the byte what Python makes`, async () => {
      const bundle = await readBundle(inMemory(await filesOf(cases, { name: "", base })));
      const { graph, outputs } = keepOutputs(bundle.graph, bundle.manifest.outputs, meanings);
      assert.equal(graph.length, bytes);
      assert.equal(createHash("sha256").update(graph).digest("hex"), sha256);
      const stated = { inputs: bundle.manifest.inputs, outputs, opset: 18 };
      const values = checkGraph(graph, signatureOf(stated, bundle.genes, bundle.classes));
      assert.equal(values, valuesOfCell(graph));
      assert.ok(values <= valuesOfCell(bundle.graph), `${values}`);
    });

  it("are the same graph where all are kept, and refused where none is", () => {
    const outputs = [{ name: "map", meaning: "embedding", dimensions: ["1"] }] as const;
    const graph = new Uint8Array([1, 2, 3]);
    assert.equal(keepOutputs(graph, outputs, ["embedding", "expected"]).graph, graph);
    assert.throws(() => keepOutputs(graph, outputs, ["expressed", "expected"]), {
      name: "BundleError",
      message: "The graph gives none of expected, expressed: use another model.",
    });
  });
});

describe("the wire format", () => {
  it("is written again to the byte", async () => {
    const files = await filesOf(cases, { name: "", base: "human-pbmc-types" });
    const graph = new Uint8Array(files.get("model.onnx") ?? []);
    assert.deepEqual(joinFields(fieldsOf(graph)), graph);
  });

  it("has whole numbers that are signed, and may be packed", () => {
    const values = [0n, 1n, -1n, 127n, 128n, 1n << 28n, 1n << 35n, (1n << 63n) - 1n, -(1n << 63n)];
    const single = values.map((value) => number(1, value));
    const packed = {
      number: 1,
      kind: BYTES,
      value: Uint8Array.from(single.flatMap((f) => [...joinFields([f]).slice(1)])),
    } as const;
    assert.deepEqual(integersOf(joinFields(single), 1), values);
    assert.deepEqual(integersOf(joinFields([packed]), 1), values);
    assert.deepEqual(integersOf(joinFields(single), 2), []);
  });

  const malformed: readonly (readonly [string, readonly number[]])[] = [
    ["a number in it does not end", [0x08]],
    ["a number in it does not end", [0x08, ...Array<number>(11).fill(0xff)]],
    ["a number in it does not end", [0x08, ...Array<number>(9).fill(0xff), 0x7f]],
    ["longer than the message", [0x0a, 5, 1, 2]],
    ["longer than the message", [0x0a, ...Array<number>(8).fill(0xff), 0x7f]],
    ["longer than the message", [0x0d, 0, 0, 0]],
    ["wire type 3", [0x0b]],
    ["has the number 0", [0, 0]],
  ];
  for (const [says, bytes] of malformed)
    it(`refuses ${bytes.length} bytes: ${says}`, () => {
      assert.throws(
        () => [...fieldsOf(Uint8Array.from(bytes))],
        (error: unknown) => error instanceof BundleError && error.message.includes(says),
      );
    });
});

describe("graphs that are too much", () => {
  const refusal = (model: readonly Field[], says: string) =>
    assert.throws(() => readGraphFile(joinFields(model)), { name: "BundleError", message: says });

  it("have a thousand nodes at most, and as many constants", () => {
    const many = (place: number) => Array.from({ length: 1_001 }, () => message(place));
    refusal([message(7, ...many(1))], "it has 1,001 nodes, over the bound of 1,000");
    refusal([message(7, ...many(5))], "it has 1,001 constants, over the bound of 1,000");
  });

  it("have eight thousand parts at most, whatever they are", () => {
    refusal([message(7, ...Array.from({ length: 8_001 }, () => message(11)))], "the graph has over 8,000 parts");
  });

  it("have names of a thousand bytes at most", () => {
    const name: Field = { number: 2, kind: BYTES, value: new Uint8Array(1 << 20).fill(0x65) };
    refusal([message(7, name)], "it holds a name of 1,048,576 bytes");
  });
});
