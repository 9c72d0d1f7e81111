/**
 * Follow the shapes of an ONNX graph from its inputs to its outputs.
 *
 * Every size is known before anything is run, so memory and work a cell are bounded, no index lies outside, and no
 * operator mixes cells. Weights of half precision are read by one Cast each, to float32, and by nothing else.
 */

import { BundleError } from "../../errors.js";
import { byCharacters, commas, quoted } from "../../text/quoting.js";
import { GRAPH, mostBytes } from "../files.js";
import { type Attribute, type Constant, FLOAT, FLOAT16, type GraphFile, type Node, readAttribute } from "./file.js";
import { MAX_AXES } from "./forms.js";
import { CELLS, countCells, OPERATORS, type Operator, product, type Reading, type Shape } from "./operators.js";

// human-pbmc makes 86 thousand values a cell in all and multiplies 3.9 million times.
const MAX_VALUES = 2 ** 21;
const MAX_PRODUCTS = 2 ** 29;
// The operator sets that brought attributes that older ones lack.
const SINCE: ReadonlyMap<string, bigint> = new Map([["allowzero", 14n]]);

/** What a graph's nodes make. */
export interface Made {
  /** The shape of every value; the axis of cells has the size `CELLS`. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Numbers that they make of a cell, the outputs among them: a bound on what is alive at once. */
  readonly values: number;
}

/**
 * Follow what the graph's nodes make.
 *
 * @throws BundleError when an operator is not one that our exporters need, does not fit what it reads, mixes cells, or
 * when the values or the products of a cell are over their bounds
 */
export function outputShapes(graph: GraphFile): Made {
  const known = new Map<string, Shape>();
  for (const { name, shape } of graph.inputs)
    known.set(
      name,
      shape.map((size) => (size === null ? CELLS : Number(size))),
    );
  const constants = new Map(graph.constants);
  const halves = new Halves();
  const made = new Map<string, Shape>();
  let [values, products] = [0, 0];
  for (const node of graph.nodes) {
    const operator = operatorOf(node);
    const reading = readingOf(node, operator, { known, constants, opset: graph.opsets.get("") ?? 0n });
    const [output] = node.outputs;
    if (node.operator === "Cast") {
      constants.set(output, halves.widened(node.inputs[0], reading));
      continue;
    }
    const shape = shapeOf(node, operator, reading);
    known.set(output, shape);
    made.set(output, shape);
    values -= product(shape);
    if (node.operator === "MatMul") products -= product(shape) * reading.shapes[0][reading.shapes[0].length - 1];
    if (values > MAX_VALUES || products > MAX_PRODUCTS)
      throw new BundleError(
        `it needs over ${commas(MAX_VALUES)} values or ${commas(MAX_PRODUCTS)} products a cell: more than a model needs`,
      );
  }
  return { shapes: made, values };
}

/** Weights of half precision, each made float32 once: in all no more than a graph may have. */
class Halves {
  private readonly seen = new Set<string>();
  private bytes = 0;

  /** What stands for a constant once it is cast: its shape and type, and no memory. */
  widened(name: string, { constants: [constant], attributes }: Reading): Constant {
    if (constant === null || constant.dtype !== FLOAT16)
      throw new BundleError(`the operator Cast reads ${quoted(name)}, which is no constant of half precision`);
    if (attributes.get("to") !== BigInt(FLOAT))
      throw new BundleError(`the operator Cast makes ${quoted(name)} something else than float32`);
    if (this.seen.has(name)) throw new BundleError(`the constant ${quoted(name)} of half precision is cast twice`);
    this.seen.add(name);
    this.bytes += 4 * product(constant.shape);
    if (this.bytes > mostBytes(GRAPH))
      throw new BundleError(`its weights of half precision make over ${commas(mostBytes(GRAPH))} bytes`);
    return { dtype: FLOAT, shape: constant.shape, bytes: new Uint8Array() };
  }
}

function operatorOf(node: Node): Operator {
  if (node.domain)
    throw new BundleError(
      `it uses the operator ${quoted(node.operator)} of ${quoted(node.domain)}, not a standard one`,
    );
  const operator = OPERATORS.get(node.operator);
  if (operator === undefined)
    throw new BundleError(
      `it uses the operator ${quoted(node.operator)}, which is none that a model may use (` +
        `${[...OPERATORS.keys()].join(", ")})`,
    );
  if (node.inputs.length !== operator.inputs || node.outputs.length !== 1)
    throw new BundleError(
      `the operator ${node.operator} takes ${node.inputs.length} and gives ${node.outputs.length} values, ` +
        `not ${operator.inputs} and 1`,
    );
  return operator;
}

/** What is there before a node. */
interface Known {
  readonly known: ReadonlyMap<string, Shape>;
  readonly constants: ReadonlyMap<string, Constant>;
  readonly opset: bigint;
}

function readingOf(node: Node, operator: Operator, { known, constants, opset }: Known): Reading {
  const shapes: Shape[] = [];
  for (const name of node.inputs) {
    const shape = known.get(name) ?? constants.get(name)?.shape;
    if (shape === undefined)
      throw new BundleError(`the operator ${node.operator} reads ${quoted(name)}, which nothing before it makes`);
    shapes.push(shape);
  }
  const [output] = node.outputs;
  if (!output || known.has(output) || constants.has(output))
    throw new BundleError(`the name ${quoted(output)} is given twice or is empty`);
  const attributes = attributesOf(node, operator, opset);
  return { shapes, constants: node.inputs.map((name) => constants.get(name) ?? null), attributes };
}

function attributesOf(node: Node, operator: Operator, opset: bigint): Map<string, Attribute> {
  const found = new Map(node.attributes.slice(0, MAX_AXES + 1).map(readAttribute));
  if (found.size !== node.attributes.length)
    throw new BundleError(`the operator ${node.operator} has one attribute twice, or too many`);
  const isOdd = (name: string) => !operator.attributes.includes(name) || opset < (SINCE.get(name) ?? 0n);
  const [odd] = [...found.keys()].filter(isOdd).sort(byCharacters);
  if (odd !== undefined)
    throw new BundleError(`the operator ${node.operator} has the attribute ${quoted(odd)}, which no model needs`);
  return found;
}

function shapeOf(node: Node, operator: Operator, reading: Reading): Shape {
  try {
    const shape = operator.shape(reading);
    if (shape.length > MAX_AXES || countCells(shape) !== 1 || shape.includes(0))
      throw new BundleError("loses or mixes the cells, or makes nothing");
    return shape;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    const read = reading.shapes
      .map((shape) => `[${shape.map((size) => (size === CELLS ? "cells" : size)).join(", ")}]`)
      .join(" and ");
    throw new BundleError(`the operator ${node.operator}, which reads ${read}, ${error.message}`);
  }
}
