/**
 * What takes most of the time, four float32 at once: products of matrices, exponentials and logarithms.
 *
 * They are WebAssembly, put together here instead of compiled elsewhere, and work on a memory of their own: arrays for
 * them come from `scratch`. A graph needs the same instructions, so whatever runs a model has them. The polynomials are
 * those of Cephes (Moshier 1992), within two units in the last place.
 */

import {
  add,
  addLanes,
  addWhole,
  and,
  assemble,
  bits,
  type Code,
  choose,
  floats,
  get,
  isLess,
  type Kernel,
  load,
  loadSame,
  max,
  min,
  mul,
  nearest,
  number,
  or,
  plus,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  store,
  sub,
  toFloat,
  toWhole,
} from "./assembler.js";

const PAGE = 65536;
const LANES = 4;
const TILE = [4, 2] as const;
// Values of a row taken at a time: the six rows of a tile fill 12 kB.
const RUN = 512;
// The logarithm of two, in two parts: products of the first with small whole numbers are exact.
const [LOG2_HIGH, LOG2_LOW] = [0.693359375, -2.1219444e-4];

type Run = (...numbers: number[]) => void;

/** The kernels, and the memory that they work on. */
interface Loaded {
  readonly memory: WebAssembly.Memory;
  readonly run: Record<"tile" | "combine" | "exponential" | "logarithm", Run>;
}

let kept: Loaded | null = null;

function loaded(): Loaded {
  if (kept === null) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const code = assemble([tileKernel(), combineKernel(), exponentialKernel(), logarithmKernel()]);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
    kept = { memory, run: instance.exports as Loaded["run"] };
  }
  return kept;
}

/** The length of a row for the kernels: whole vectors of four. */
export function padded(length: number): number {
  return Math.ceil(length / LANES) * LANES;
}

/**
 * Arrays for the kernels, of whatever content, each as long as asked for and then padded.
 *
 * There is one memory for all: they are valid until the next call, so nothing may be waited for in between.
 */
export function scratch(...lengths: number[]): Float32Array[] {
  const { memory } = loaded();
  const bytes = lengths.reduce((sum, length) => sum + padded(length) * 4, 0);
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  let from = 0;
  return lengths.map((length) => {
    const array = new Float32Array(memory.buffer, from, padded(length));
    from += array.byteLength;
    return array;
  });
}

/** How long an array for the products of rows with rows must be. */
export function productsLength(rowsOfA: number, rowsOfB: number): number {
  return Math.ceil(rowsOfA / TILE[0]) * TILE[0] * acrossOf(rowsOfB);
}

/** How many rows an array that is multiplied must have room for. */
export function roomOf(rows: number): number {
  return Math.ceil(rows / TILE[0]) * TILE[0];
}

/** From one row of products to the next. */
export function acrossOf(rowsOfB: number): number {
  return Math.ceil(rowsOfB / TILE[1]) * TILE[1];
}

/**
 * a b^T: the products of every row of `a` with every row of `b`.
 *
 * @param a - row by row, with room for `roomOf` its rows, as has `b`
 * @param stride - length of a row of either, padded
 * @param out - rows of a x `acrossOf` the rows of b, overwritten; as long as `productsLength`
 */
export function products(
  a: Float32Array,
  rowsOfA: number,
  b: Float32Array,
  rowsOfB: number,
  stride: number,
  out: Float32Array,
): void {
  const { run } = loaded();
  const across = acrossOf(rowsOfB);
  out.fill(0, 0, productsLength(rowsOfA, rowsOfB));
  for (let from = 0; from < stride; from += RUN) {
    const length = Math.min(RUN, stride - from) * 4;
    for (let i = 0; i < rowsOfA; i += TILE[0]) {
      const rows = a.byteOffset + (i * stride + from) * 4;
      for (let j = 0; j < rowsOfB; j += TILE[1]) {
        const others = b.byteOffset + (j * stride + from) * 4;
        run.tile(rows, others, stride * 4, length, out.byteOffset + (i * across + j) * 4, across * 4);
      }
    }
  }
}

/**
 * The sum of rows, each times its weight.
 *
 * @param weights - one a row
 * @param rows - row by row
 * @param stride - length of a row, padded
 * @param out - a row, overwritten
 */
export function combine(
  weights: Float32Array,
  number: number,
  rows: Float32Array,
  stride: number,
  out: Float32Array,
): void {
  loaded().run.combine(weights.byteOffset, number * 4, rows.byteOffset, stride * 4, out.byteOffset);
}

/** e to each of the values, in place; they are limited to what float32 can give. */
export function exponentials(values: Float32Array): void {
  loaded().run.exponential(values.byteOffset, values.byteOffset + values.byteLength);
}

/** The natural logarithm of each of the values, in place; each at least 2^-126. */
export function logarithms(values: Float32Array): void {
  loaded().run.logarithm(values.byteOffset, values.byteOffset + values.byteLength);
}

/** tile(rows, others, stride, length, out, across): add the products of four rows with two, so long a run of each. */
function tileKernel(): Kernel {
  const [rows, others, stride, length, out, across] = [0, 1, 2, 3, 4, 5];
  const [a, b] = [
    [6, 7, 8, 9],
    [10, 11],
  ]; // addresses
  const end = 12;
  const sums = a.map((_, i) => b.map((_other, j) => 13 + 2 * i + j));
  const [here, factors] = [21, [22, 23]]; // vectors
  const follow = (addresses: number[], first: number): Code =>
    addresses.flatMap((at, i) => set(at, i ? plus(get(addresses[i - 1]), get(stride)) : get(first)));
  return {
    name: "tile",
    takes: 6,
    numbers: 7,
    vectors: 11,
    code: [
      ...follow(a, rows),
      ...follow(b, others),
      ...set(end, plus(get(rows), get(length))),
      ...repeat(
        [
          ...b.flatMap((at, j) => set(factors[j], load(get(at)))),
          ...a.flatMap((at, i) => [
            ...set(here, load(get(at))),
            ...factors.flatMap((factor, j) => set(sums[i][j], add(get(sums[i][j]), mul(get(here), get(factor))))),
          ]),
          ...[...a, ...b].flatMap((at) => set(at, plus(get(at), number(16)))),
        ],
        get(a[0]),
        get(end),
      ),
      ...sums.flatMap((row) => [
        ...row.flatMap((sum, j) => addLanes(plus(get(out), number(4 * j)), get(sum))),
        ...set(out, plus(get(out), get(across))),
      ]),
    ],
  };
}

/** combine(weights, bytes of weights, rows, stride, out) */
function combineKernel(): Kernel {
  const [weights, bytes, rows, stride, out] = [0, 1, 2, 3, 4];
  const [weight, row, last, end, sum] = [5, 6, 7, 8, 9];
  return {
    name: "combine",
    takes: 5,
    numbers: 4,
    vectors: 1,
    code: [
      ...set(last, plus(get(weights), get(bytes))),
      ...set(end, plus(get(out), get(stride))),
      ...repeat(
        [
          ...set(weight, get(weights)),
          ...set(row, get(rows)),
          ...set(sum, floats(0)),
          ...repeat(
            [
              ...set(sum, add(get(sum), mul(loadSame(get(weight)), load(get(row))))),
              ...set(weight, plus(get(weight), number(4))),
              ...set(row, plus(get(row), get(stride))),
            ],
            get(weight),
            get(last),
          ),
          ...store(get(out), get(sum)),
          ...set(out, plus(get(out), number(16))),
          ...set(rows, plus(get(rows), number(16))),
        ],
        get(out),
        get(end),
      ),
    ],
  };
}

/** A polynomial by Horner's rule, the highest power first. */
function polynomial(x: Code, coefficients: readonly number[]): Code {
  return coefficients.slice(1).reduce((sum, next) => add(mul(sum, x), floats(next)), floats(coefficients[0]));
}

/** A kernel that changes every vector from an address to another. */
function everyVector(name: string, vectors: number, x: number, change: Code): Kernel {
  const [at, end] = [0, 1];
  const code = repeat(
    [...set(x, load(get(at))), ...change, ...store(get(at), get(x)), ...set(at, plus(get(at), number(16)))],
    get(at),
    get(end),
  );
  return { name, takes: 2, numbers: 0, vectors, code };
}

function exponentialKernel(): Kernel {
  const [x, power, y] = [2, 3, 4];
  const terms = [
    1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  ];
  return everyVector("exponential", 3, x, [
    ...set(x, min(max(get(x), floats(-87)), floats(88))),
    ...set(power, nearest(mul(get(x), floats(Math.LOG2E)))),
    ...set(x, sub(sub(get(x), mul(get(power), floats(LOG2_HIGH))), mul(get(power), floats(LOG2_LOW)))),
    ...set(y, add(add(mul(mul(polynomial(get(x), terms), get(x)), get(x)), get(x)), floats(1))),
    ...set(x, mul(get(y), shiftLeft(addWhole(toWhole(get(power)), bits(127)), 23))),
  ]);
}

function logarithmKernel(): Kernel {
  const [x, power, square, y, isLow] = [2, 3, 4, 5, 6];
  const terms = [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ];
  return everyVector("logarithm", 5, x, [
    ...set(power, toFloat(addWhole(shiftRight(get(x), 23), bits(-126)))),
    ...set(x, or(and(get(x), bits(0x007fffff)), bits(0x3f000000))), // 1/2 to 1
    ...set(isLow, isLess(get(x), floats(Math.SQRT1_2))),
    ...set(power, sub(get(power), and(get(isLow), floats(1)))),
    ...set(x, sub(choose(add(get(x), get(x)), get(x), get(isLow)), floats(1))),
    ...set(square, mul(get(x), get(x))),
    ...set(y, mul(mul(polynomial(get(x), terms), get(x)), get(square))),
    ...set(y, add(get(y), mul(get(power), floats(LOG2_LOW)))),
    ...set(y, sub(get(y), mul(get(square), floats(0.5)))),
    ...set(x, add(add(get(x), get(y)), mul(get(power), floats(LOG2_HIGH)))),
  ]);
}
