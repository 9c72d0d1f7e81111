/** The columns of a dataset in the genes of a model: what every task begins with. */

import type { Bundle } from "../bundle/types.js";
import type { Source } from "../counts/types.js";
import { alignColumns } from "../genes/align.js";
import type { Alignment } from "../genes/types.js";
import { type GeneMap, mapColumns, mapGenes } from "../network/cells.js";
import type { InputCells } from "../network/types.js";
import type { Csr } from "../readers/types.js";
import type { Work } from "./types.js";

/** A dataset, aligned with a model. */
export interface Aligned {
  readonly alignment: Alignment;
  /** Share of the input genes, in number, that the dataset has. */
  readonly inputsShare: number;
  readonly map: GeneMap;
  /** Bring counts, cells x the columns of the matrix, into the genes that the model reads. */
  cells(counts: Csr): InputCells;
  /** The same of counts that are in all genes of the model. */
  ofModelCounts(counts: Csr): InputCells;
}

// What was aligned once: the tasks of a model, and the check that comes with one, begin with the same.
const aligned = new WeakMap<Source, WeakMap<Bundle, Aligned>>();

/**
 * Align the columns of the counts with the genes of a model.
 *
 * @throws GeneMatchError when dataset and model share too few genes, or differ in species
 */
export function alignWork({ bundle, source }: Work): Aligned {
  const ofSource = aligned.get(source) ?? new WeakMap<Bundle, Aligned>();
  aligned.set(source, ofSource);
  const found = ofSource.get(bundle) ?? align(bundle, source);
  ofSource.set(bundle, found);
  return found;
}

function align(bundle: Bundle, source: Source): Aligned {
  const alignment = alignColumns(bundle, source.names);
  const map = mapGenes(alignment, bundle.genes);
  const itself = mapColumns(
    Int32Array.from({ length: map.genes }, (_, row) => row),
    map.measured,
    bundle.genes,
  );
  return {
    alignment,
    inputsShare: alignment.inputsFound / Math.max(alignment.inputsNeeded, 1),
    map,
    cells: (counts) => read(map, counts),
    ofModelCounts: (counts) => read(itself, counts),
  };
}

/** Bring counts into the genes that a model reads, and say how many each cell has there. */
function read(map: GeneMap, counts: Csr): InputCells {
  const inputCounts = new Float64Array(counts.cells);
  for (let cell = 0; cell < counts.cells; cell++)
    for (let entry = counts.indptr[cell]; entry < counts.indptr[cell + 1]; entry++)
      if (map.inputOfColumn[counts.indices[entry]] >= 0) inputCounts[cell] += counts.values[entry];
  return { ...map.inputCells(counts), inputCounts };
}
