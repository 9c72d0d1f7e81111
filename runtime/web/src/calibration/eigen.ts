/** The leading eigenvectors of a symmetric matrix: Householder's reduction, bisection, inverse iteration. */

/** Eigenvalues, the largest first, and their vectors, a row each. */
export interface Leading {
  readonly values: Float64Array;
  /** number x side, row by row. */
  readonly vectors: Float64Array;
}

// Vectors of eigenvalues that are nearer than this share of the matrix's norm are made orthogonal to one another.
const CLOSE = 1e-3;
const EPSILON = 2 ** -52;

/**
 * Find the leading eigenvalues of a symmetric matrix, and their vectors.
 *
 * As LAPACK's dsytrd, dstebz and dstein (Anderson et al. 1999, LAPACK Users' Guide): the vectors of a few are found
 * without those of all.
 *
 * @param matrix - side x side, of which the lower triangle is read; overwritten
 * @param number - how many, at most the side
 */
export function leading(matrix: Float64Array, side: number, number: number): Leading {
  const diagonal = new Float64Array(side);
  const beside = new Float64Array(side); // of row i with row i - 1
  const scales = reduce(matrix, side, diagonal, beside);
  let norm = 0;
  for (let i = 0; i < side; i++)
    norm = Math.max(norm, Math.abs(diagonal[i]) + Math.abs(beside[i]) + Math.abs(beside[i + 1] ?? 0));
  const values = new Float64Array(number);
  const vectors = new Float64Array(number * side);
  for (let k = 0; k < number; k++) {
    values[k] = bisect(diagonal, beside, side - 1 - k, norm);
    // Equal ones are moved apart a little, or their vectors would be the same.
    const shift = k > 0 && values[k - 1] - values[k] < 10 * EPSILON * norm ? 10 * EPSILON * norm * k : 0;
    iterate(diagonal, beside, values, k, shift, vectors, norm);
  }
  for (let k = 0; k < number; k++) reflect(matrix, side, scales, vectors.subarray(k * side, (k + 1) * side));
  return { values, vectors };
}

/**
 * Bring a matrix into tridiagonal form by reflections I - u u^T / h, from the last row up.
 *
 * @returns h of each row; u is left in the matrix's lower triangle
 */
function reduce(matrix: Float64Array, side: number, diagonal: Float64Array, beside: Float64Array): Float64Array {
  const scales = new Float64Array(side);
  const p = new Float64Array(side);
  for (let i = side - 1; i > 0; i--) {
    const row = matrix.subarray(i * side, i * side + i);
    let size = 0;
    for (const value of row) size += Math.abs(value);
    diagonal[i] = matrix[i * side + i];
    if (size === 0 || i === 1) {
      beside[i] = row[i - 1];
      continue;
    }
    let h = 0;
    for (let k = 0; k < i; k++) {
      row[k] /= size;
      h += row[k] * row[k];
    }
    const last = row[i - 1];
    const g = last > 0 ? -Math.sqrt(h) : Math.sqrt(h);
    beside[i] = size * g;
    h -= last * g;
    row[i - 1] = last - g;
    scales[i] = h;
    multiply(matrix, side, i, row, p);
    let inner = 0;
    for (let k = 0; k < i; k++) {
      p[k] /= h;
      inner += p[k] * row[k];
    }
    const half = inner / (2 * h);
    for (let k = 0; k < i; k++) p[k] -= half * row[k];
    for (let j = 0; j < i; j++) {
      const [f, q] = [row[j], p[j]];
      const at = j * side;
      for (let k = 0; k <= j; k++) matrix[at + k] -= f * p[k] + q * row[k];
    }
  }
  diagonal[0] = matrix[0];
  return scales;
}

/** The product of the first rows and columns with a vector, from the lower triangle alone. */
function multiply(matrix: Float64Array, side: number, size: number, vector: Float64Array, out: Float64Array): void {
  out.fill(0, 0, size);
  for (let j = 0; j < size; j++) {
    const at = j * side;
    const value = vector[j];
    let sum = 0;
    for (let k = 0; k < j; k++) {
      const entry = matrix[at + k];
      sum += entry * vector[k];
      out[k] += entry * value;
    }
    out[j] += sum + matrix[at + j] * value;
  }
}

/** Turn a vector of the tridiagonal matrix into one of the matrix itself. */
function reflect(matrix: Float64Array, side: number, scales: Float64Array, vector: Float64Array): void {
  for (let i = 1; i < side; i++) {
    if (scales[i] === 0) continue;
    const at = i * side;
    let sum = 0;
    for (let k = 0; k < i; k++) sum += matrix[at + k] * vector[k];
    sum /= scales[i];
    for (let k = 0; k < i; k++) vector[k] -= sum * matrix[at + k];
  }
}

/** The eigenvalue that so many others are below, by counting how many are below a value. */
function bisect(diagonal: Float64Array, beside: Float64Array, below: number, norm: number): number {
  let low = -norm;
  let high = norm;
  const least = Math.max(EPSILON * norm * EPSILON, Number.MIN_VALUE);
  while (true) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high || high - low < 2 * EPSILON * Math.max(Math.abs(low), Math.abs(high)))
      return middle;
    let count = 0;
    let pivot = 1;
    for (let i = 0; i < diagonal.length; i++) {
      pivot = diagonal[i] - middle - (i ? (beside[i] * beside[i]) / pivot : 0);
      if (Math.abs(pivot) < least) pivot = -least;
      if (pivot < 0) count++;
    }
    if (count > below) high = middle;
    else low = middle;
  }
}

/** Find the vector of an eigenvalue of the tridiagonal matrix, orthogonal to those of near ones before it. */
function iterate(
  diagonal: Float64Array,
  beside: Float64Array,
  values: Float64Array,
  k: number,
  shift: number,
  vectors: Float64Array,
  norm: number,
): void {
  const side = diagonal.length;
  const vector = vectors.subarray(k * side, (k + 1) * side);
  const factors = decompose(diagonal, beside, values[k] - shift, norm);
  // Any start will do that no vector is orthogonal to; this one is the same everywhere.
  for (let i = 0; i < side; i++) vector[i] = 0.5 + ((i * 0.6180339887498949 + k * 0.3819660112501051) % 1);
  for (let turn = 0; turn < 5; turn++) {
    back(factors, vector);
    for (let other = k - 1; other >= 0 && values[other] - values[k] <= CLOSE * norm; other--) {
      const known = vectors.subarray(other * side, (other + 1) * side);
      let inner = 0;
      for (let i = 0; i < side; i++) inner += known[i] * vector[i];
      for (let i = 0; i < side; i++) vector[i] -= inner * known[i];
    }
    let length = 0;
    for (const value of vector) length = Math.max(length, Math.abs(value));
    let squares = 0;
    for (let i = 0; i < side; i++) {
      vector[i] /= length;
      squares += vector[i] * vector[i];
    }
    const root = Math.sqrt(squares);
    for (let i = 0; i < side; i++) vector[i] /= root;
  }
}

/** An LU decomposition with exchanges of neighbouring rows. */
interface Decomposed {
  readonly pivots: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly factors: Float64Array;
  readonly exchanged: Uint8Array;
}

function decompose(diagonal: Float64Array, beside: Float64Array, value: number, norm: number): Decomposed {
  const side = diagonal.length;
  const [pivots, first, second, factors] = [0, 1, 2, 3].map(() => new Float64Array(side));
  const exchanged = new Uint8Array(side);
  const least = Math.max(EPSILON * norm, 1e-300);
  let here = diagonal[0] - value;
  let next = side > 1 ? beside[1] : 0;
  for (let i = 0; i < side - 1; i++) {
    const below = beside[i + 1];
    const after = i + 2 < side ? beside[i + 2] : 0;
    if (Math.abs(here) >= Math.abs(below)) {
      pivots[i] = Math.abs(here) < least ? least : here;
      first[i] = next;
      factors[i] = below / pivots[i];
      here = diagonal[i + 1] - value - factors[i] * next;
      next = after;
    } else {
      exchanged[i] = 1;
      pivots[i] = below;
      first[i] = diagonal[i + 1] - value;
      second[i] = after;
      factors[i] = here / below;
      here = next - factors[i] * first[i];
      next = -factors[i] * after;
    }
  }
  pivots[side - 1] = Math.abs(here) < least ? least : here;
  return { pivots, first, second, factors, exchanged };
}

/** Solve by it, in place. */
function back({ pivots, first, second, factors, exchanged }: Decomposed, vector: Float64Array): void {
  const side = vector.length;
  for (let i = 0; i < side - 1; i++) {
    if (exchanged[i]) [vector[i], vector[i + 1]] = [vector[i + 1], vector[i]];
    vector[i + 1] -= factors[i] * vector[i];
  }
  for (let i = side - 1; i >= 0; i--) {
    let rest = vector[i];
    if (i + 1 < side) rest -= first[i] * vector[i + 1];
    if (i + 2 < side) rest -= second[i] * vector[i + 2];
    vector[i] = rest / pivots[i];
  }
}
