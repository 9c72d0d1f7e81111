/** What holds across the genes of a model, and between the fields of one. */

import { BundleError } from "../errors.js";
import { quoted } from "../text/quoting.js";
import { GENES, MANIFEST } from "./files.js";
import type { ManifestRead } from "./manifest/text.js";
import type { GeneIndex } from "./types.js";

/**
 * Refuse genes that make no sense, each or together.
 *
 * @throws BundleError with the first of them
 */
export function checkGenes(genes: GeneIndex): void {
  if (!genes.inputs.length) throw new BundleError("genes.tsv: a model needs at least one input gene.");
  checkDistinct("ensembl_id", genes.ensemblIds);
  checkDistinct("symbol", genes.symbols);
  for (let row = 0; row < genes.length; row++) {
    const fault = faultOf(genes, row);
    if (fault) throw new BundleError(`genes.tsv: ${fault}.`);
  }
}

/**
 * Refuse genes that are filled or read otherwise than the manifest states.
 *
 * @throws BundleError with what is wrong
 */
export function checkRoles({ manifest, subnetworks }: ManifestRead, genes: GeneIndex): void {
  if ((manifest.imputation === null) !== (genes.targets.length === 0)) {
    const wrong = manifest.imputation ? "at least one target gene" : "no target genes, since it does not impute";
    throw new BundleError(`${GENES}: the model needs ${wrong}.`);
  }
  const beyond = (number: number) => number >= subnetworks;
  if (genes.subnetwork.some(beyond) || genes.predicts.some((numbers) => numbers.some(beyond)))
    throw new BundleError(`${GENES} names a sub-network that ${MANIFEST} does not have (${subnetworks} there).`);
  if (subnetworks && genes.targets.some((row) => genes.subnetwork[row] < 0))
    throw new BundleError(`${GENES} has a target gene that no sub-network fills.`);
}

function checkDistinct(kind: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!name) continue;
    if (seen.has(name)) throw new BundleError(`genes.tsv: the ${kind} ${quoted(name)} occurs twice.`);
    seen.add(name);
  }
}

function faultOf(genes: GeneIndex, row: number): string {
  const symbol = genes.symbols[row] || genes.ensemblIds[row];
  if (!symbol) return "a gene has neither an Ensembl id nor a symbol";
  const [isInput, isTarget] = [genes.isInput[row] === 1, genes.isTarget[row] === 1];
  const [worth, subnetwork, predicts] = [genes.worth[row], genes.subnetwork[row], genes.predicts[row]];
  const name = () => quoted(symbol);
  if (!(genes.mean[row] >= 0 && genes.neutral[row] >= 0))
    return `mean and neutral count of ${name()} must be at least 0`;
  if (worth < 0 || (worth > 0 && !isInput)) return `the worth of ${name()} is negative, or it is not an input`;
  if (genes.inverseDispersion[row] <= 0) return `inverse dispersion of ${name()} must be positive`;
  if ((subnetwork >= 0 && !isTarget) || predicts.some((number) => number < 0))
    return `sub-network numbers of ${name()} do not go with its role`;
  if (predicts.length && !isInput) return `${name()} predicts a sub-network but is not an input`;
  return "";
}
