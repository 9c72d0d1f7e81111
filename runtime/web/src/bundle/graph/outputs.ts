/** Cut a graph down to some of its outputs: ONNX Runtime computes all that a graph gives, whichever is asked for. */

import { BundleError } from "../../errors.js";
import { byCharacters } from "../../text/quoting.js";
import type { GraphOutput, Meaning } from "../types.js";
import { decodeLoosely } from "../utf8.js";
import { BYTES, contentOf, type Field, fieldsOf, joinFields } from "./wire.js";

// Numbers of the fields in onnx.proto (ModelProto, GraphProto; NodeProto; TensorProto and ValueInfoProto).
const GRAPH = 7;
const NODE = 1;
const CONSTANT = 5;
const OUTPUT = 12;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const CONSTANT_NAME = 8;
const OUTPUT_NAME = 1;

/** A graph with some of its outputs, and these. */
export interface GraphCut {
  readonly graph: Uint8Array;
  readonly outputs: readonly GraphOutput[];
}

/**
 * A graph with some of its outputs and what these need. The inputs stay.
 *
 * @param graph - the bytes of `model.onnx`, which `checkGraph` has let through: a node comes after what it reads
 * @param outputs - what the manifest says that it gives
 * @param meanings - of the outputs to keep
 * @throws BundleError when the graph has no such outputs
 */
export function keepOutputs(
  graph: Uint8Array,
  outputs: readonly GraphOutput[],
  meanings: readonly Meaning[],
): GraphCut {
  const kept = outputs.filter((output) => meanings.includes(output.meaning));
  if (!kept.length) {
    const asked = [...meanings].sort(byCharacters).join(", ");
    throw new BundleError(`The graph gives none of ${asked}: use another model.`);
  }
  if (kept.length === outputs.length) return { graph, outputs };
  const names = new Set(kept.map((output) => output.name));
  const parts = [...fieldsOf(graph)].map(
    (field): Field =>
      field.number === GRAPH ? { number: GRAPH, kind: BYTES, value: needed(contentOf(field), names) } : field,
  );
  return { graph: joinFields(parts), outputs: kept };
}

/** The parts of a graph that some outputs need; one output may be on the way to another. */
function needed(body: Uint8Array, outputs: ReadonlySet<string>): Uint8Array {
  const inner = [...fieldsOf(body)];
  const names = new Set(outputs);
  const kept = new Set<Field>();
  for (const field of inner.toReversed()) {
    if (field.number !== NODE || !texts(field, NODE_OUTPUT).some((name) => names.has(name))) continue;
    for (const name of texts(field, NODE_INPUT)) names.add(name);
    kept.add(field);
  }
  return joinFields(
    inner.filter((field) => {
      if (field.number === NODE) return kept.has(field);
      if (field.number === CONSTANT) return texts(field, CONSTANT_NAME).some((name) => names.has(name));
      return field.number !== OUTPUT || texts(field, OUTPUT_NAME).some((name) => outputs.has(name));
    }),
  );
}

function texts(message: Field, number: number): string[] {
  const inner = [...fieldsOf(contentOf(message))].filter((field) => field.number === number);
  return inner.map((field) => decodeLoosely(contentOf(field)));
}
