/** Look at an ONNX graph from a stranger before anything runs it, and refuse what a model does not need. */

import { BundleError, GraphRefusedError } from "../../errors.js";
import { byCharacters, commas, least, quoted, quotedList } from "../../text/quoting.js";
import { GRAPH, mostBytes } from "../files.js";
import { type Constant, FLOAT, FLOAT16, type GraphFile, readGraphFile, type Value } from "./file.js";
import { CELLS } from "./operators.js";
import { outputShapes } from "./shapes.js";
import type { Signature } from "./signature.js";

// Those of Python's runtime: the operators that we allow have meant the same since 13, and since IR 4 weights are apart
// from a graph's inputs.
const OPSETS = [13n, 21n] as const;
const IR_VERSIONS = [4n, 10n] as const;
// ONNX Runtime takes a buffer with this mark for its own format, whatever else the buffer is.
const OTHER_FORMAT = "ORTM";
const ADVICE =
  "Nothing of it was run. Use another model, or ask its author to export it again with cellfill-train.";

/**
 * Refuse a graph that is not what its manifest states, or that holds more than a model needs.
 *
 * Nothing is run, and nothing is opened beside the bytes. Memory is bounded by the bytes.
 *
 * @param graph - the bytes of `model.onnx`
 * @param expected - what it must take and give
 * @returns how many values it makes of a cell, its outputs among them: a bound on what is alive at once
 * @throws GraphRefusedError with the reason
 */
export function checkGraph(graph: Uint8Array, expected: Signature): number {
  try {
    return check(graph, expected);
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    const reason = error.message.replace(/^model\.onnx is malformed: /, "").replace(/\.+$/, "");
    throw new GraphRefusedError(`model.onnx is refused: ${reason}. ${ADVICE}`, { cause: error });
  }
}

/**
 * How many values a graph makes of a cell, its outputs among them.
 *
 * @param graph - the bytes of `model.onnx`, which `checkGraph` has let through
 * @throws BundleError when it is malformed
 */
export function valuesOfCell(graph: Uint8Array): number {
  return outputShapes(readGraphFile(graph)).values;
}

function check(graph: Uint8Array, expected: Signature): number {
  if (graph.length > mostBytes(GRAPH))
    throw new BundleError(`it has ${commas(graph.length)} bytes, over the bound of ${commas(mostBytes(GRAPH))}`);
  if (String.fromCharCode(...graph.subarray(4, 8)) === OTHER_FORMAT)
    throw new BundleError("it bears the mark of another format");
  const found = readGraphFile(graph);
  checkVersions(found, BigInt(expected.opset));
  checkValues("takes", found.inputs, expected.inputs);
  checkValues("gives", found.outputs, expected.outputs);
  const both = [...expected.inputs.keys()].filter((name) => found.constants.has(name));
  if (both.length) throw new BundleError(`the name ${quoted(least(both))} is given twice`);
  const { shapes, values } = outputShapes(found);
  for (const [name, columns] of expected.outputs) {
    const shape = shapes.get(name);
    if (shape?.length !== 2 || shape[0] !== CELLS || shape[1] !== columns)
      throw new BundleError(`its operators do not make ${quoted(name)}, cells x ${commas(columns)}`);
  }
  for (const [name, constant] of found.constants)
    if (!areFinite(constant))
      throw new BundleError(`the constant ${quoted(name)} has weights that are infinite or no numbers`);
  return values;
}

function checkVersions({ opsets, irVersion }: GraphFile, opset: bigint): void {
  const odd = [...opsets.keys()].filter((domain) => domain !== "");
  if (odd.length)
    throw new BundleError(`it asks for the operators of ${quoted(least(odd))}, which are not standard ones`);
  const version = opsets.get("") ?? 0n;
  if (version !== opset)
    throw new BundleError(`it is written in operator set ${version}, and the manifest says ${opset}`);
  for (const [what, number, [from, to]] of [
    ["operator set", version, OPSETS],
    ["IR version", irVersion, IR_VERSIONS],
  ] as const)
    if (number < from || number > to)
      throw new BundleError(
        `it is written in ${what} ${number}; this cellfill reads ${from} to ${to}` +
          (number > to ? ", so a newer cellfill may read it" : ""),
      );
}

function checkValues(verb: string, found: readonly Value[], expected: ReadonlyMap<string, number>): void {
  const names = found.map((value) => value.name);
  const wanted = [...expected.keys()].sort(byCharacters);
  const sorted = [...names].sort(byCharacters);
  if (sorted.length !== wanted.length || sorted.some((name, i) => name !== wanted[i]))
    throw new BundleError(
      `it ${verb} ${quotedList(names.slice(0, 9))}, but the manifest states ${quotedList(wanted)}`,
    );
  for (const { name, dtype, shape } of found) {
    if (dtype !== BigInt(FLOAT))
      throw new BundleError(`it ${verb} ${quoted(name)} of a type (${dtype}) other than float32`);
    const columns = expected.get(name) ?? 0;
    if (shape.length !== 2 || shape[0] !== null || shape[1] !== BigInt(columns)) {
      const sizes = shape.map((size) => (size === null ? "'cells'" : String(size))).join(", ");
      throw new BundleError(
        `it ${verb} ${quoted(name)} of the shape [${sizes}], but the manifest and its tables state ` +
          `['cells', ${columns}]`,
      );
    }
  }
}

/** Whether all numbers are; by their bits, where an exponent of ones is no finite number. */
function areFinite({ dtype, bytes }: Constant): boolean {
  if (dtype === FLOAT) {
    for (let place = 0; place < bytes.length; place += 4)
      if ((bytes[place + 3] & 0x7f) === 0x7f && bytes[place + 2] >= 0x80) return false;
  } else if (dtype === FLOAT16) {
    for (let place = 1; place < bytes.length; place += 2) if ((bytes[place] & 0x7c) === 0x7c) return false;
  }
  return true;
}
