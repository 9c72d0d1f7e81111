/** The bytes of `manifest.json`, in either format. */

import { BundleVersionError } from "../../errors.js";
import { MANIFEST } from "../files.js";
import { parseJson } from "../json.js";
import { decode } from "../strict.js";
import type { Manifest } from "../types.js";
import { decodeLoosely } from "../utf8.js";
import { checkManifest, filesOf } from "./checks.js";
import { checkGraphForm } from "./graph.js";
import { type ManifestText, type ManifestText1, manifestText, manifestText1 } from "./kinds.js";
import { checkEstimates } from "./sections.js";

const FORMAT = "cellfill-bundle";
const VERSIONS = [1, 2];

/** A manifest, and what of it only the check of the other files needs. */
export interface ManifestRead {
  readonly manifest: Manifest;
  /** Names of the other files, in the order in which they are read. */
  readonly files: readonly string[];
  /** Version of the graph's operator set. */
  readonly opset: number;
  /** How many sub-networks there are; 0 for a network that has none. */
  readonly subnetworks: number;
}

/**
 * Parse and check the bytes of a `manifest.json`, which must name the files that its tasks need and no others.
 *
 * @throws BundleVersionError when the bundle was written in another version of the format
 * @throws BundleError when the manifest is malformed, or names other files
 */
export function parseManifest(bytes: Uint8Array): ManifestRead {
  const { format, version } = claims(bytes);
  if (format === FORMAT && version !== null && !VERSIONS.includes(version)) {
    const hint = version > 2 ? "upgrade cellfill" : "export the model again";
    throw new BundleVersionError(`The bundle has format version ${version}; this cellfill reads 1 and 2: ${hint}.`);
  }
  const found =
    version === 2 ? decode(manifestText, bytes, MANIFEST) : lift(decode(manifestText1, bytes, MANIFEST));
  checkManifest(found);
  return {
    manifest: checked(found),
    files: filesOf(found),
    opset: found.graph.opset,
    subnetworks: found.imputation?.subnetworks.length ?? 0,
  };
}

/** What a manifest of format 1 says, in the one form that the rest knows. */
function lift({ task: _, estimates, subnetworks, graph, evaluations, ...rest }: ManifestText1): ManifestText {
  const output = { name: graph.output, meaning: graph.output_meaning, dimensions: [] };
  const lifted = { inputs: graph.inputs, outputs: [output], opset: graph.opset, cut: graph.cut };
  checkGraphForm(lifted);
  checkEstimates(estimates);
  return {
    ...rest,
    graph: lifted,
    imputation: { estimates, subnetworks },
    annotation: null,
    embedding: null,
    evaluations: evaluations.map((evaluation) => ({ ...evaluation, task: "impute" })),
  };
}

function checked(found: ManifestText): Manifest {
  const [low, middle, high] = found.scale.library_sizes;
  return {
    formatVersion: found.format_version,
    name: found.name,
    species: found.species,
    tissue: found.tissue,
    licence: found.licence,
    minCoverage: found.min_coverage,
    librarySizes: found.scale.library_sizes.length === 3 ? [low, middle, high] : null,
    inputs: found.graph.inputs,
    outputs: found.graph.outputs,
    imputation: found.imputation && { estimates: found.imputation.estimates },
    annotation: found.annotation,
    embedding: found.embedding,
    studies: found.studies,
    evaluations: found.evaluations.map((evaluation) => ({
      ...evaluation,
      scores: evaluation.scores.map(({ method, values }) => ({ method, values: Object.fromEntries(values) })),
    })),
    provenance: Object.fromEntries(found.provenance),
    files: found.files,
  };
}

/** The format and the version of anything that looks like a manifest, null for a version that is none. */
function claims(bytes: Uint8Array): { format: unknown; version: number | null } {
  try {
    const raw = parseJson(decodeLoosely(bytes), { loose: true });
    if (raw instanceof Map) {
      const version = raw.get("format_version");
      const known = typeof version === "bigint" && version > -1_000_000n && version < 1_000_000n;
      return { format: raw.get("format"), version: known ? Number(version) : null };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { format: null, version: null };
}
