/** What these cells say of a model before it fills them: its corrections, and which genes are worth filling. */

import { calibrate } from "../../calibration/calibrate.js";
import type { Calibration } from "../../calibration/types.js";
import { mayGoOn } from "../../errors.js";
import { measureGate } from "../../fitness/gate.js";
import type { Gate } from "../../fitness/types.js";
import { IMPUTED } from "../../genes/alignment.js";
import type { Aligned } from "../aligned.js";
import { candidateCells } from "../candidates.js";
import type { ImputeOptions, Work } from "../types.js";
import { graphOf, outputOfGene } from "./graph.js";

/** What a dataset taught. */
export interface Learned {
  /** Corrects the columns of the graph's output, all of them; null where the model is taken as it is. */
  readonly calibration: Calibration | null;
  /** What a quick check found; null where there was none: not asked for, too few cells, a model without means. */
  readonly gate: Gate | null;
}

/**
 * Learn from some of the cells what a model needs to know of them.
 *
 * @throws BundleError when what the model gives for them is no count; StoppedError
 */
export async function learn(work: Work, aligned: Aligned, options: ImputeOptions): Promise<Learned> {
  const { calibrate: corrects = true, gate: checks = true, signal } = options;
  if (!corrects && !checks) return { calibration: null, gate: null };
  const { bundle, network } = work;
  const { measured, means } = aligned.map;
  mayGoOn(signal);
  const cells = await candidateCells(work, aligned);
  const graph = graphOf(bundle, network, aligned);
  mayGoOn(signal);
  const calibration = corrects ? await calibrate(graph, cells, { measured }) : null;
  mayGoOn(signal);
  if (!checks || graph.meaning === "expressed") return { calibration, gate: null };
  const judgedGenes = { outputs: imputedOutputs(work, aligned), part: calibration?.part ?? null };
  const gate = await measureGate({ graph, measured, means }, cells, judgedGenes);
  mayGoOn(signal);
  return { calibration, gate };
}

/** The columns of the graph's output of all genes that would be filled. */
function imputedOutputs({ bundle }: Work, { alignment }: Aligned): Int32Array {
  const outputs = outputOfGene(bundle);
  const rows = alignment.geneOfColumn.filter((_, column) => alignment.reasons[column] === IMPUTED);
  return rows.map((row) => outputs[row]);
}
