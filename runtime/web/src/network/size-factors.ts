/** Size factors: how deeply a cell was sequenced, relative to the model's training cells. */

import type { Csr } from "../readers/types.js";

/**
 * Counts over the shared genes, divided by what a training cell of size factor 1 has there.
 *
 * Genes that the dataset did not measure are left out of both sums, so that they do not make cells look shallow: the
 * maximum-likelihood depth of a cell under Poisson counts with the training means.
 *
 * @param counts - cells x the columns of a dataset
 * @param means - mean count of each model gene in a training cell of size factor 1
 * @param measured - 1 for every model gene that the dataset has
 * @param geneOfColumn - for every column of the dataset its model gene, -1 for none
 * @returns one factor a cell; 0 for a cell without counts in the shared genes
 */
export function sizeFactors(
  counts: Csr,
  means: Float64Array,
  measured: Uint8Array,
  geneOfColumn: Int32Array,
): Float32Array {
  let depth = 0;
  for (const [row, mean] of means.entries()) if (measured[row]) depth += mean;
  const isShared = Uint8Array.from(geneOfColumn, (row) => (row >= 0 && measured[row] ? 1 : 0));
  const factors = new Float32Array(counts.cells);
  for (let cell = 0; cell < counts.cells; cell++) {
    let sum = 0;
    for (let entry = counts.indptr[cell]!; entry < counts.indptr[cell + 1]!; entry++)
      if (isShared[counts.indices[entry]!]) sum += counts.values[entry]!;
    factors[cell] = sum / depth;
  }
  return factors;
}
