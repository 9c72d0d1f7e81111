/** What a graph must take and give, by the manifest and the tables of its bundle. */

import type { Classes, GeneIndex, GraphInput, GraphOutput } from "../types.js";

/** Float32, cells x so many columns. */
export interface Signature {
  /** Columns of each, by name, in the manifest's order. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
  /** Version of the standard operator set. */
  readonly opset: number;
}

/** What the manifest says of a graph. */
export interface GraphStated {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly opset: number;
}

/** What the graph of a bundle must take and give, by its manifest, its genes and its classes. */
export function signatureOf(stated: GraphStated, genes: GeneIndex, classes: Classes | null): Signature {
  const taken = { counts: genes.inputs.length, size_factors: 1 };
  const given = {
    expected: genes.targets.length,
    expressed: genes.targets.length,
    class_probabilities: classes?.leaves.length ?? 0,
    class_energy: 1,
  };
  return {
    inputs: new Map(stated.inputs.map(({ name, meaning }) => [name, taken[meaning]])),
    outputs: new Map(
      stated.outputs.map(({ name, meaning, dimensions }) => [
        name,
        meaning === "embedding" ? dimensions.length : given[meaning],
      ]),
    ),
    opset: stated.opset,
  };
}
