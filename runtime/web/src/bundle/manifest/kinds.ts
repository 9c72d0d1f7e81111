/** The manifest, key by key, in either format: what a bundle's files are and what its graph's numbers mean. */

import { BundleError } from "../../errors.js";
import { type Decoded, list, number, oneOf, optional, record, table, text, whole } from "../strict.js";
import { cut, graph, graphInput } from "./graph.js";
import { annotation, embedding, estimate, imputation, subnetworks } from "./sections.js";

const architecture = record({ name: text, preset: text, options: table(text) });
const scale = record({
  counts: oneOf("raw"),
  size_factors: oneOf("shared-gene-means"),
  library_sizes: list(number),
});
const study = record({
  name: text,
  role: oneOf("training", "held-out"),
  cells: whole,
  genes: whole,
  source: text,
  licence: text,
});
const scores = list(record({ method: text, values: table(number) }));
const evaluation = record(
  {
    data: text,
    protocol: text,
    task: oneOf("impute", "annotate", "embed"),
    estimate: optional(estimate),
    cells: whole,
    entries: whole,
    scores,
  },
  (found) => {
    if ((found.estimate === null) === (found.task === "impute"))
      throw new BundleError("manifest.json: an evaluation of imputing, and no other, is of an estimate.");
  },
);
const files = table(record({ size: whole, sha256: text }));

/** `manifest.json` of format 2. */
export const manifestText = record({
  format: oneOf("cellfill-bundle"),
  format_version: oneOf(1, 2),
  name: text,
  species: text,
  tissue: text,
  licence: text,
  architecture,
  min_coverage: number,
  scale,
  graph,
  imputation: optional(imputation),
  annotation: optional(annotation),
  embedding: optional(embedding),
  studies: list(study),
  evaluations: list(evaluation),
  provenance: table(text),
  files,
});

export type ManifestText = Decoded<typeof manifestText>;

/** `manifest.json` of format 1, which imputes. */
export const manifestText1 = record({
  format: oneOf("cellfill-bundle"),
  format_version: oneOf(1),
  name: text,
  task: oneOf("imputation"),
  species: text,
  tissue: text,
  licence: text,
  architecture,
  estimates: list(estimate),
  min_coverage: number,
  scale,
  graph: record({
    inputs: list(graphInput),
    output: text,
    output_meaning: oneOf("expected", "expressed"),
    opset: whole,
    cut,
  }),
  subnetworks,
  studies: list(study),
  evaluations: list(record({ data: text, protocol: text, estimate, cells: whole, entries: whole, scores })),
  provenance: table(text),
  files,
});

export type ManifestText1 = Decoded<typeof manifestText1>;
