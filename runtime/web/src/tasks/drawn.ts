/** The cells that a check of a model looks at: 2,000 at most, whatever their order in the dataset. */

import { takeRows } from "../calibration/csr.js";
import { Generator } from "../calibration/random.js";
import type { ModelCells } from "../calibration/types.js";
import { ascending } from "../maths/statistics.js";
import type { Aligned } from "./aligned.js";
import { candidateCells } from "./candidates.js";
import type { Work } from "./types.js";

const CHECK_CELLS = 2000;

/** Draw cells that have counts in the genes of the model by a hash of these, so that their order changes nothing. */
export async function drawCells(work: Work, aligned: Aligned): Promise<ModelCells> {
  const { counts, sizeFactors } = await candidateCells(work, aligned);
  const there = Array.from(sizeFactors.keys()).filter((cell) => sizeFactors[cell] > 0);
  const weights = new Generator(0).randoms(counts.genes);
  const keys = Float64Array.from(there, (cell) => {
    let key = 0;
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++)
      key += counts.values[i] * weights[counts.indices[i]];
    return (key * 1e3) % 1;
  });
  const rows = Int32Array.from(ascending(keys).subarray(0, CHECK_CELLS), (place) => there[place]).sort();
  return { counts: takeRows(counts, rows), sizeFactors: Float32Array.from(rows, (row) => sizeFactors[row]) };
}
