/** Imputing as a task: what is decided once a dataset, and what is given block by block. */

import type { Bundle } from "../bundle/types.js";
import type { Calibration } from "../calibration/types.js";
import { UsageError } from "../errors.js";
import { UNTRIED } from "../fitness/gate.js";
import type { Gate } from "../fitness/types.js";
import { IMPUTED } from "../genes/alignment.js";
import { type Aligned, alignWork } from "./aligned.js";
import type { Filling } from "./imputation/block.js";
import { chooseEstimate } from "./imputation/estimates.js";
import { gated } from "./imputation/genes.js";
import { meaningOf, outputOfGene } from "./imputation/graph.js";
import { learn } from "./imputation/learning.js";
import { ReadyImputer } from "./imputation/ready.js";
import { need } from "./need.js";
import type { ImputeOptions, Imputer, Judged, Work } from "./types.js";

const WITHOUT_MEANS: Judged = {
  verdict: "not tested",
  why: ["The model gives no means of counts, by which models are tried here: the Python package can try it."],
};
const POLICIES = ["zeros", "max", "all"] as const;

/**
 * Decide all that blocks have in common: the genes, the calibration, which genes are worth it.
 *
 * @throws TaskError when the model does not impute; EstimateError when it lacks the estimate that was asked for;
 * UsageError for an option that means nothing; GeneMatchError when dataset and model share too few genes, differ in
 * species, or the model predicts no gene better than its mean
 */
export async function prepareImputer(work: Work, options: ImputeOptions = {}): Promise<Imputer> {
  const { bundle, source } = work;
  need(bundle.manifest, "impute");
  const estimate = chooseEstimate(options.estimate, bundle.manifest.imputation?.estimates ?? []);
  const policy = options.policy ?? "zeros";
  if (!POLICIES.includes(policy))
    throw new UsageError(`policy is '${policy}'; it must be one of ${POLICIES.join(", ")}.`);
  const aligned = alignWork(work);
  const { calibration, gate } = await learn(work, aligned, options);
  const shown = shownGenes(work, aligned);
  const reasons = gate === null ? shown.reasons : gated(shown.reasons, shown.outputs, gate);
  const columns = Int32Array.from(reasons.keys()).filter((gene) => reasons[gene] === IMPUTED);
  const outputs = columns.map((gene) => shown.outputs[gene]);
  const filling: Filling = {
    network: work.network,
    genes: reasons.length,
    targets: bundle.genes.targets.length,
    columns,
    outputs,
    calibration: calibration?.take(outputs) ?? null,
    scoreOfColumn: scoredColumns(bundle, aligned, calibration),
    inverseDispersion: Float32Array.from(
      outputs,
      (output) => bundle.genes.inverseDispersion[bundle.genes.targets[output]],
    ),
    sourceColumns: source.columns,
    estimate,
    meaning: meaningOf(bundle),
    policy,
  };
  return new ReadyImputer(work, aligned, filling, reasons, judgedBy(gate, filling.meaning, options));
}

/** Whether the model fits; null where that was not asked for. */
function judgedBy(gate: Gate | null, meaning: string, { gate: checks = true }: ImputeOptions): Judged | null {
  if (gate !== null) return { verdict: gate.verdict, why: gate.why };
  if (!checks) return null;
  return meaning === "expressed" ? WITHOUT_MEANS : UNTRIED;
}

/** For every gene of the result `imputed`, or why it is not; and its column of the graph's output, -1 for none. */
function shownGenes({ bundle, source }: Work, { alignment }: Aligned): { reasons: string[]; outputs: Int32Array } {
  const columns = source.columns ?? Int32Array.from(alignment.reasons.keys());
  const outputs = outputOfGene(bundle);
  return {
    reasons: Array.from(columns, (column) => alignment.reasons[column]),
    outputs: columns.map((column) =>
      alignment.geneOfColumn[column] < 0 ? -1 : outputs[alignment.geneOfColumn[column]],
    ),
  };
}

/** For every column of the counts its place among the genes that a calibration reads; -1 for none. */
function scoredColumns(bundle: Bundle, { alignment }: Aligned, calibration: Calibration | null): Int32Array {
  const places = new Int32Array(bundle.genes.length).fill(-1);
  calibration?.scoreGenes.forEach((output, place) => {
    places[bundle.genes.targets[output]] = place;
  });
  return alignment.geneOfColumn.map((row) => (row < 0 ? -1 : places[row]));
}
