/** What must hold between the parts of a manifest, and which files it must name. */

import { BundleError } from "../../errors.js";
import { byCharacters, clip, quoted, shown } from "../../text/quoting.js";
import { CARD, CLASSES, GENES, GOLDEN, GRAPH, MANIFEST, PROFILES, REFERENCE } from "../files.js";
import { imputedOf, outputOf } from "./graph.js";
import type { ManifestText } from "./kinds.js";
import { isShare } from "./sections.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Refuse a manifest that makes no sense.
 *
 * @throws BundleError with what does not go together
 */
export function checkManifest(manifest: ManifestText): void {
  if (!NAME.test(manifest.name))
    throw new BundleError(`manifest.json: ${quoted(manifest.name)} is not a model name (letters, digits, . _ -).`);
  if (!isShare(manifest.min_coverage))
    throw new BundleError(
      `manifest.json: min_coverage is ${shown(manifest.min_coverage)}; it is a share, from 0 to 1.`,
    );
  checkSections(manifest);
  const estimates = manifest.imputation?.estimates ?? [];
  const isExpressed = imputedOf(manifest.graph)?.meaning === "expressed";
  if (manifest.imputation && isExpressed && !(estimates.length === 1 && estimates[0] === "expressed"))
    throw new BundleError("manifest.json: a graph that gives 'expressed' has no other estimate.");
  if (manifest.format_version === 1 && (!manifest.imputation || manifest.annotation || manifest.embedding))
    throw new BundleError("manifest.json: a bundle of format 1 imputes, and nothing else.");
  for (const [name, { size, sha256 }] of manifest.files)
    if (size < 0 || !SHA256.test(sha256))
      throw new BundleError(`manifest.json: the size or SHA-256 of ${quoted(name)} is malformed.`);
}

/**
 * The files that a model has beside its manifest, in the order in which they are read.
 *
 * @throws BundleError when the manifest names others than its tasks need
 */
export function filesOf(manifest: ManifestText): string[] {
  const named = manifest.files;
  const unknown = manifest.annotation?.unknown?.scores ?? [];
  const needed = [CARD, GENES, GRAPH];
  if (manifest.annotation) needed.push(CLASSES);
  if (unknown.some((score) => score.score === "profile")) needed.push(PROFILES);
  if (manifest.format_version > 1) needed.push(GOLDEN);
  const allowed = manifest.embedding ? [...needed, REFERENCE] : needed;
  if (!needed.every((name) => named.has(name)) || ![...named.keys()].every((name) => allowed.includes(name))) {
    const first = [...named.keys()].sort(byCharacters).slice(0, 9);
    const names = first.map((name) => quoted(clip(name, 40))).join(", ");
    throw new BundleError(`${MANIFEST} names the files ${names || "none"}, not ${needed.join(", ")}.`);
  }
  return allowed.filter((name) => named.has(name));
}

/** Refuse a section without its output, and an output without its section. */
function checkSections(manifest: ManifestText): void {
  const given = [
    ["imputation", manifest.imputation, imputedOf(manifest.graph)],
    ["annotation", manifest.annotation, outputOf(manifest.graph, "class_probabilities")],
    ["embedding", manifest.embedding, outputOf(manifest.graph, "embedding")],
  ] as const;
  for (const [name, section, output] of given) {
    if ((section === null) === (output === null)) continue;
    const [has, lacks] = output === null ? ["section", "output"] : ["output", "section"];
    throw new BundleError(`manifest.json has the ${has} of ${name} and not its ${lacks}.`);
  }
  const byEnergy = manifest.annotation?.unknown?.scores.some((score) => score.score === "energy") ?? false;
  if (byEnergy !== (outputOf(manifest.graph, "class_energy") !== null))
    throw new BundleError("manifest.json: the output class_energy and the score energy come together.");
}
