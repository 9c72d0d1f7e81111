/**
 * The operators that our exporters need, and the shape that each makes.
 *
 * The rules are those of https://onnx.ai/onnx/operators, and no wider than our exporters need: what a node reads
 * besides values (indices, shapes, bounds) must be a constant.
 */

import { BundleError } from "../../errors.js";
import { type Attribute, type Constant, FLOAT, INT32, INT64 } from "./file.js";
import { MAX_AXES } from "./forms.js";

/** Size of the axis of cells. */
export const CELLS = -1;

export type Shape = readonly number[];

/** What a node reads: the shapes of its inputs, those that are constants, and its attributes. */
export interface Reading {
  readonly shapes: readonly Shape[];
  readonly constants: readonly (Constant | null)[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** How many inputs an operator takes, the attributes that it may have, and the shape that it makes. */
export interface Operator {
  readonly inputs: number;
  readonly attributes: readonly string[];
  readonly shape: (reading: Reading) => Shape;
}

const elementwise: Operator = { inputs: 2, attributes: [], shape: broadcast };
const unary: Operator = { inputs: 1, attributes: [], shape: same };

/** By their names, in the order in which messages list them. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["Add", elementwise],
  ["Div", elementwise],
  ["Mul", elementwise],
  ["Sub", elementwise],
  ["Cast", { inputs: 1, attributes: ["to"], shape: same }],
  ["Exp", unary],
  ["Log", unary],
  ["Relu", unary],
  ["Gather", { inputs: 2, attributes: ["axis"], shape: gather }],
  ["MatMul", { inputs: 2, attributes: [], shape: matmul }],
  ["Reshape", { inputs: 2, attributes: ["allowzero"], shape: reshape }],
  ["Slice", { inputs: 4, attributes: [], shape: slice }],
  ["Transpose", { inputs: 1, attributes: ["perm"], shape: transpose }],
]);

/** The product of an array's sizes, below 0 where one is the cells'. */
export function product(shape: Shape): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/** How many axes are the cells'. */
export function countCells(shape: Shape): number {
  return shape.filter((size) => size === CELLS).length;
}

/** Refuse a constant of whole numbers, or of half precision, where values are read. */
function checkWeights({ constants }: Reading): void {
  for (const constant of constants) {
    if (constant === null || constant.dtype === FLOAT) continue;
    if (isWhole(constant)) throw new BundleError("reads whole numbers as weights");
    throw new BundleError("reads weights of half precision without a Cast");
  }
}

function isWhole({ dtype }: Constant): boolean {
  return dtype === INT32 || dtype === INT64;
}

/** An input that must be a constant list of whole numbers of 64 bits. */
function numbers({ constants }: Reading, place: number): number[] {
  const constant = constants[place];
  if (constant === null || constant.dtype !== INT64 || constant.shape.length !== 1 || constant.shape[0] > MAX_AXES)
    throw new BundleError("reads a shape or a bound that is no constant list of whole numbers of 64 bits");
  const view = viewOf(constant);
  return Array.from({ length: constant.shape[0] }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

function viewOf({ bytes }: Constant): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An attribute that is one whole number, zero where it is absent. */
function single({ attributes }: Reading, name: string): bigint {
  const value = attributes.get(name) ?? 0n;
  if (typeof value !== "bigint") throw new BundleError(`has a list as ${name}`);
  return value;
}

function same({ shapes }: Reading): Shape {
  return shapes[0];
}

function broadcast(reading: Reading): Shape {
  checkWeights(reading);
  return together(reading.shapes[0], reading.shapes[1]);
}

/** The shape of two arrays that meet value by value, as numpy does. */
function together(one: Shape, other: Shape): number[] {
  const rank = Math.max(one.length, other.length);
  const sizeOf = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [a, b] = [sizeOf(one, axis), sizeOf(other, axis)];
    if (a !== b && a !== 1 && b !== 1) throw new BundleError("does not fit");
    return a === 1 ? b : a;
  });
}

function matmul(reading: Reading): Shape {
  checkWeights(reading);
  const [one, other] = reading.shapes;
  const shared = one[one.length - 1];
  if (Math.min(one.length, other.length) < 2 || shared !== other[other.length - 2] || shared === CELLS)
    throw new BundleError("does not fit");
  return [...together(one.slice(0, -2), other.slice(0, -2)), one[one.length - 2], other[other.length - 1]];
}

function transpose({ shapes: [shape], attributes }: Reading): Shape {
  const axes = shape.map((_, axis) => axis);
  const order = attributes.get("perm") ?? axes.map((axis) => BigInt(axis)).reverse();
  if (
    typeof order === "bigint" ||
    order.length !== axes.length ||
    !axes.every((axis) => order.includes(BigInt(axis)))
  )
    throw new BundleError("has no order of its axes");
  return order.map((axis) => shape[Number(axis)]);
}

function gather(reading: Reading): Shape {
  const [shape, places] = reading.shapes;
  const axis = Number(single(reading, "axis"));
  const indices = reading.constants[1];
  if (axis < 0 || axis >= shape.length || shape[axis] === CELLS)
    throw new BundleError("gathers along no axis of genes");
  if (indices === null || !isWhole(indices))
    throw new BundleError("gathers by what is no constant of whole numbers");
  if (!areWithin(indices, shape[axis])) throw new BundleError("gathers what is not there");
  return [...shape.slice(0, axis), ...places, ...shape.slice(axis + 1)];
}

/** Whether all whole numbers are from 0 to below a size. */
function areWithin(constant: Constant, size: number): boolean {
  const [view, isLong] = [viewOf(constant), constant.dtype === INT64];
  for (let place = 0; place < constant.bytes.length; place += isLong ? 8 : 4) {
    const low = view.getUint32(place, true);
    if (low >= size || (isLong && view.getUint32(place + 4, true) !== 0)) return false;
  }
  return true;
}

function reshape(reading: Reading): Shape {
  const [shape] = reading.shapes;
  const wanted = numbers(reading, 1);
  const free = wanted.indexOf(-1);
  const isOdd = (size: number, axis: number) => size < -1 || (size === 0 && axis >= shape.length);
  if (single(reading, "allowzero") || free !== wanted.lastIndexOf(-1) || wanted.some(isOdd))
    throw new BundleError("has no shape to take");
  const found = wanted.map((size, axis) => (size === 0 ? shape[axis] : size));
  if (free >= 0) {
    const rest = found.filter((_, axis) => axis !== free);
    found[free] = rest.includes(CELLS) ? Math.floor(product(shape) / product(rest)) : CELLS;
  }
  if (product(found) !== product(shape) || countCells(found) !== 1 || countCells(shape) !== 1)
    throw new BundleError("does not fit");
  if (product(found.slice(0, found.indexOf(CELLS))) !== product(shape.slice(0, shape.indexOf(CELLS))))
    throw new BundleError("mixes the cells");
  return found;
}

function slice(reading: Reading): Shape {
  const shape = [...reading.shapes[0]];
  const [starts, ends, axes] = [1, 2, 3].map((place) => numbers(reading, place));
  if (starts.length !== axes.length || ends.length !== axes.length || new Set(axes).size !== axes.length)
    throw new BundleError("has bounds that do not go together");
  axes.forEach((axis, i) => {
    const [start, end] = [starts[i], ends[i]];
    const isThere = axis >= 0 && axis < shape.length && shape[axis] !== CELLS;
    if (!isThere || start < 0 || start >= end || end > shape[axis]) throw new BundleError("cuts what is not there");
    shape[axis] = end - start;
  });
  return shape;
}
