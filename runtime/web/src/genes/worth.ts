/** What the genes of a model tell it, and what of that a dataset measured. */

import type { GeneIndex } from "../bundle/types.js";
import { pairwiseSum } from "./pairwise-sum.js";

/**
 * What each gene is worth to the model, summing to 1.
 *
 * As training measured it; in a model without such figures an input counts as often as sub-networks read it.
 *
 * @returns one share a gene, 0 for a gene that is no input
 */
export function geneWorth(genes: GeneIndex): Float64Array {
  const isMeasured = genes.inputs.every((row) => !Number.isNaN(genes.worth[row]));
  const worth = Float64Array.from(genes.isInput, (isInput, row) => {
    if (!isInput) return 0;
    return isMeasured ? genes.worth[row]! : Math.max(genes.predicts[row]?.length ?? 0, 1);
  });
  const all = Math.max(pairwiseSum(worth), 1e-300);
  return worth.map((value) => value / all);
}

/** Sum of the worth of some genes. */
export function worthOf(worth: Float64Array, isMeasured: (row: number) => boolean): number {
  return pairwiseSum(worth.filter((_, row) => isMeasured(row)));
}

/**
 * The sub-networks of which a dataset measured enough predictors.
 *
 * @param floor - least share, by worth, of what a sub-network reads
 */
export function seeingNetworks(
  genes: GeneIndex,
  worth: Float64Array,
  isMeasured: (row: number) => boolean,
  floor: number,
): ReadonlySet<number> {
  const needed = new Map<number, number>();
  const found = new Map<number, number>();
  for (const [row, networks] of genes.predicts.entries()) {
    const share = worth[row]! / networks.length; // shared out, so that these coverages go with the model's
    const known = isMeasured(row) ? share : 0;
    for (const network of networks) {
      needed.set(network, (needed.get(network) ?? 0) + share);
      found.set(network, (found.get(network) ?? 0) + known);
    }
  }
  const seeing = new Set<number>();
  for (const [network, share] of needed)
    if ((found.get(network) ?? 0) >= Math.max(floor * share, 1e-12)) seeing.add(network);
  return seeing;
}
