/** Small systems of equations. */

/**
 * Solve a symmetric, positive definite system by Cholesky's decomposition.
 *
 * @param matrix - side x side, row by row, of which the lower triangle is read; overwritten
 * @param right - the right side; overwritten with the solution
 */
export function solve(matrix: Float64Array, right: Float64Array, side: number): void {
  for (let row = 0; row < side; row++) {
    const at = row * side;
    for (let column = 0; column <= row; column++) {
      const other = column * side;
      let rest = matrix[at + column];
      for (let k = 0; k < column; k++) rest -= matrix[at + k] * matrix[other + k];
      matrix[at + column] = column < row ? rest / matrix[other + column] : Math.sqrt(rest);
    }
    let rest = right[row];
    for (let k = 0; k < row; k++) rest -= matrix[at + k] * right[k];
    right[row] = rest / matrix[at + row];
  }
  for (let row = side - 1; row >= 0; row--) {
    let rest = right[row];
    for (let k = row + 1; k < side; k++) rest -= matrix[k * side + row] * right[k];
    right[row] = rest / matrix[row * side + row];
  }
}
