/** Read the bytes of an ONNX graph, strictly and without running anything: what is not known is refused. */

import { BundleError } from "../../errors.js";
import { commas, quoted } from "../../text/quoting.js";
import {
  ARRAY,
  ATTRIBUTE,
  AXIS,
  GRAPH,
  MAX_AXES,
  MAX_CONSTANTS,
  MAX_NODES,
  Message,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TYPE,
  VALUE,
} from "./forms.js";

/** Types of numbers, as onnx.proto counts them. */
export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const FLOAT16 = 10;
const BYTES_OF: ReadonlyMap<number, number> = new Map([
  [FLOAT, 4],
  [INT32, 4],
  [INT64, 8],
  [FLOAT16, 2],
]);
// AttributeProto.INT and .INTS.
const ONE = 2n;
const SEVERAL = 7n;

/** One operator of the graph: what it is called, what it is, what it reads, what it makes. */
export interface Node {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Uint8Array[];
}

/** One input or output of the graph; a size of null is not fixed. */
export interface Value {
  readonly name: string;
  readonly dtype: bigint;
  readonly shape: readonly (bigint | null)[];
}

/** Weights: their numbers are a view of the file's bytes, little-endian. */
export interface Constant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** What `model.onnx` holds; inputs, outputs and nodes in their order in the file. */
export interface GraphFile {
  readonly irVersion: bigint;
  /** Version of each operator set that it imports, by domain; empty for the standard one. */
  readonly opsets: ReadonlyMap<string, bigint>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
}

/** One whole number of an attribute, or several. */
export type Attribute = bigint | readonly bigint[];

/**
 * Read the bytes of `model.onnx`; nothing is run, nothing is copied.
 *
 * @throws BundleError when it is malformed, or holds what no exporter of cellfill writes
 */
export function readGraphFile(bytes: Uint8Array): GraphFile {
  const model = new Message(bytes, MODEL);
  const [content] = model.contents(7);
  if (!content) throw new BundleError("it holds no graph");
  const body = new Message(content, GRAPH);
  checkCount(body.count(1), MAX_NODES, "nodes");
  checkCount(body.count(5), MAX_CONSTANTS, "constants");
  const constants = new Map<string, Constant>();
  for (const message of body.contents(5)) {
    const [name, constant] = readConstant(message);
    if (!name) throw new BundleError("it holds a constant without a name");
    if (constants.has(name)) throw new BundleError(`two constants have the name ${quoted(name)}`);
    constants.set(name, constant);
  }
  const nodes = body.contents(1).map(readNode);
  checkNames(nodes);
  return {
    irVersion: model.integer(1),
    opsets: readOpsets(model.contents(8)),
    inputs: body.contents(11).map(readValue),
    outputs: body.contents(12).map(readValue),
    nodes,
    constants,
  };
}

/**
 * Read one attribute of a node: its name, and the whole number or numbers that it holds.
 *
 * @throws BundleError when it holds anything else
 */
export function readAttribute(bytes: Uint8Array): [string, Attribute] {
  const found = new Message(bytes, ATTRIBUTE);
  const [name, kind] = [found.text(1), found.integer(20)];
  if (kind === ONE && !found.has(8)) return [name, found.integer(3)]; // a zero is not written by every exporter
  if (kind === SEVERAL && !found.has(3)) return [name, found.integers(8)];
  throw new BundleError(`the attribute ${quoted(name)} is not whole numbers`);
}

/** Numbers as Python shows a tuple. */
function tuple(numbers: readonly bigint[]): string {
  return `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`;
}

function checkCount(count: number, most: number, what: string): void {
  if (count > most) throw new BundleError(`it has ${commas(count)} ${what}, over the bound of ${commas(most)}`);
}

function checkNames(nodes: readonly Node[]): void {
  const counts = new Map<string, number>();
  for (const { name } of nodes) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts)
    if (name && count > 1) throw new BundleError(`two nodes have the name ${quoted(name)}`);
}

function readOpsets(messages: readonly Uint8Array[]): Map<string, bigint> {
  const opsets = new Map<string, bigint>();
  for (const message of messages) {
    const inner = new Message(message, OPSET);
    const domain = inner.domain(1);
    if (opsets.has(domain)) throw new BundleError("it names one operator set twice");
    opsets.set(domain, inner.integer(2));
  }
  return opsets;
}

function readNode(bytes: Uint8Array): Node {
  const found = new Message(bytes, NODE);
  return {
    name: found.text(3),
    operator: found.text(4),
    domain: found.domain(7),
    inputs: found.texts(1),
    outputs: found.texts(2),
    attributes: found.contents(5),
  };
}

function readConstant(bytes: Uint8Array): [string, Constant] {
  const found = new Message(bytes, TENSOR);
  const [name, shape, kind] = [found.text(8), found.integers(1), found.integer(2)];
  const width = BYTES_OF.get(Number(kind));
  if (width === undefined)
    throw new BundleError(
      `the constant ${quoted(name)} is of a type (${kind}) other than float32, float16, int32 and int64`,
    );
  if (shape.some((size) => size < 1n))
    throw new BundleError(`the constant ${quoted(name)} has the shape ${tuple(shape)}`);
  const [raw = new Uint8Array()] = found.contents(9);
  const size = shape.reduce((product, axis) => product * axis, BigInt(width));
  if (size !== BigInt(raw.length))
    throw new BundleError(
      `the constant ${quoted(name)} of shape ${tuple(shape)} needs ${commas(size)} bytes and has ${commas(raw.length)}`,
    );
  return [name, { dtype: Number(kind), shape: shape.map(Number), bytes: raw }];
}

function readValue(bytes: Uint8Array): Value {
  const found = new Message(bytes, VALUE);
  const name = found.text(1);
  if (!name) throw new BundleError("an input or output has no name");
  const type = new Message(part(found, 2), TYPE);
  const array = new Message(part(type, 1), ARRAY);
  const axes = new Message(part(array, 2), SHAPE).contents(1);
  if (axes.length > MAX_AXES) throw new BundleError(`${quoted(name)} has ${axes.length} axes`);
  return { name, dtype: array.integer(1), shape: axes.map(readAxis) };
}

function readAxis(bytes: Uint8Array): bigint | null {
  const found = new Message(bytes, AXIS);
  if (found.has(1) && found.has(2)) throw new BundleError("an axis has both a size and a name");
  return found.has(1) ? found.integer(1) : null;
}

function part(message: Message, number: number): Uint8Array {
  const [content] = message.contents(number);
  if (!content) throw new BundleError("an input or output does not say its type and shape");
  return content;
}
