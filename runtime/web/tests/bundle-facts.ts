/** What a bundle holds, in few words: both runtimes must have read the same (tests/runtime/bundle_facts.py). */

import { createHash } from "node:crypto";
import type { Bundle, Classes, GeneIndex } from "../src/bundle/types.js";

const COLUMNS = [
  "mean",
  "neutral",
  "worth",
  "inverseDispersion",
  "mse",
  "pearson",
  "baselineMse",
  "baselinePearson",
] as const;

function digest(texts: Iterable<string>): string {
  return hash([...texts].join("\n"));
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function weighted(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] || 0) * ((i % 97) + 1);
  return sum;
}

function known(numbers: Float64Array): (number | null)[] {
  return Array.from(numbers, (number) => (Number.isNaN(number) ? null : number));
}

/** The facts of a bundle, as JSON has them. */
export function factsOf(bundle: Bundle): Record<string, unknown> {
  const { manifest, genes, classes, profiles, reference, golden } = bundle;
  const sorted = Object.entries(manifest.provenance).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    sha256: bundle.sha256,
    manifest: [manifest.formatVersion, manifest.name, manifest.species, manifest.licence],
    tissue: digest([manifest.tissue]),
    min_coverage: manifest.minCoverage,
    library_sizes: manifest.librarySizes,
    estimates: manifest.imputation?.estimates ?? null,
    confidence: manifest.annotation?.confidence ?? null,
    key: manifest.embedding?.key ?? null,
    inputs: manifest.inputs.map((i) => [i.name, i.meaning]),
    outputs: manifest.outputs.map((o) => [o.name, o.meaning, o.dimensions]),
    studies: digest(
      manifest.studies.map((s) => `${s.name} ${s.role} ${s.cells} ${s.genes} ${s.source} ${s.licence}`),
    ),
    evaluations: weighted(manifest.evaluations.flatMap((e) => e.scores.flatMap((s) => Object.values(s.values)))),
    judged: digest(
      manifest.evaluations.map((e) => `${e.data} ${e.protocol} ${e.task} ${e.estimate ?? ""} ${e.cells}`),
    ),
    provenance: digest(sorted.map(([key, value]) => `${key} ${value}`)),
    ...geneFacts(genes),
    graph: hash(bundle.graph),
    card: hash(bundle.card),
    ...(classes && { classes: classFacts(classes) }),
    ...(profiles && { profiles: [weighted(profiles.shares), profiles.leaves] }),
    ...(reference && {
      reference: [
        weighted(reference.coordinates),
        digest(reference.studies.map((study, i) => `${study} ${reference.types[i]}`)),
      ],
    }),
    ...(golden && {
      golden: [
        digest([...golden.genes, ...golden.missing]),
        weighted(golden.cells.flatMap((cell) => [...cell.genes, ...cell.counts, cell.sizeFactor])),
        weighted(golden.outputs.flatMap(({ columns, values }) => values.flatMap((row) => [...columns, ...row]))),
      ],
    }),
  };
}

function geneFacts(genes: GeneIndex): Record<string, unknown> {
  const rows = Array.from(genes.ensemblIds.keys());
  return {
    names: digest(rows.map((r) => `${genes.ensemblIds[r]} ${genes.symbols[r]} ${genes.aliases[r].join("|")}`)),
    networks: digest(rows.map((r) => `${genes.subnetwork[r]} ${genes.predicts[r].join(" ")}`)),
    columns: COLUMNS.map((name) => weighted(genes[name])),
    unknown: COLUMNS.map((name) => genes[name].filter(Number.isNaN).length),
    roles: [weighted(genes.inputs), weighted(genes.targets), genes.inputs.length, genes.targets.length],
  };
}

function classFacts(classes: Classes): Record<string, unknown> {
  return {
    names: classes.names,
    parents: Array.from(classes.parents),
    levels: Array.from(classes.levels),
    leaves: Array.from(classes.leaves),
    ids: classes.ontologyIds,
    prior: known(classes.priors),
    cells: known(classes.cells),
    f1: known(classes.f1),
  };
}
