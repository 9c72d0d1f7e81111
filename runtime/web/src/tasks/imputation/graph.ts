/** The graph of a model that imputes, as what these cells teach is measured with. */

import type { Bundle, Meaning } from "../../bundle/types.js";
import type { Graph } from "../../calibration/types.js";
import { BundleError, TaskError } from "../../errors.js";
import { isImputed } from "../../network/outputs.js";
import type { Network } from "../../network/types.js";
import type { Aligned } from "../aligned.js";

/** What the graph's imputed counts mean. */
export function meaningOf({ manifest }: Bundle): "expected" | "expressed" {
  const meaning = manifest.outputs.map((output) => output.meaning).find(isImputed);
  if (meaning === undefined) throw new BundleError("The model's graph gives no imputed counts. Get another model.");
  return meaning;
}

/** The imputed counts among what a graph gives, cells x targets, row by row. */
export function imputedOf(given: ReadonlyMap<Meaning, Float32Array>): Float32Array {
  for (const [meaning, values] of given) if (isImputed(meaning)) return values;
  throw new TaskError(
    `The model does not impute: its graph gives ${[...given.keys()].join(", ")}. Use one that imputes.`,
  );
}

/** The open graph, for cells that are in all genes of the model. */
export function graphOf(bundle: Bundle, network: Network, aligned: Aligned): Graph {
  return {
    targets: bundle.genes.targets,
    meaning: meaningOf(bundle),
    predict: async ({ counts }) => imputedOf(await network.run(aligned.ofModelCounts(counts))),
  };
}

/** For every gene of the gene index its column of the graph's imputed counts; -1 for none. */
export function outputOfGene({ genes }: Bundle): Int32Array {
  const outputs = new Int32Array(genes.length).fill(-1);
  genes.targets.forEach((row, output) => {
    outputs[row] = output;
  });
  return outputs;
}
