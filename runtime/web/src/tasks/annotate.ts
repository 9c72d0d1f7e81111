/** Naming cells as a task. */

import type { Bundle, Classes } from "../bundle/types.js";
import { BundleError, UsageError } from "../errors.js";
import { type Aligned, alignWork } from "./aligned.js";
import { measureCells, type Naming, nameCells } from "./annotation/block.js";
import { NamedDataset } from "./annotation/found.js";
import { estimateShares, weightsOf } from "./annotation/shares.js";
import { typicality } from "./annotation/unknown.js";
import { candidateRows } from "./candidates.js";
import { need } from "./need.js";
import { eachBlock } from "./running.js";
import type { Annotated, AnnotateOptions, Work } from "./types.js";

/**
 * Name the cells of a dataset: the most detailed type of each that the model is sure of, or why there is none.
 *
 * @throws TaskError when the model names no cells; UsageError for an option that means nothing; GeneMatchError when
 * dataset and model share too few genes or differ in species; BundleError when what the graph gives is impossible;
 * StoppedError
 */
export async function annotate(work: Work, options: AnnotateOptions = {}): Promise<Annotated> {
  const { naming, aligned } = await prepareNaming(work, options);
  const named = new NamedDataset(work.source.matrix.cells, naming.classes, naming.typicality !== null);
  await eachBlock(work, options, async (counts, { from }) => {
    named.add(from, await nameCells(naming, aligned.cells(counts)));
  });
  return { ...named.all, judged: named.judge(naming, aligned).judged, coverage: aligned.alignment.coverage };
}

/** Decide what all blocks have in common: the genes, how unknown cells are told, the shares of the types. */
export async function prepareNaming(
  work: Work,
  options: AnnotateOptions,
): Promise<{ naming: Naming; aligned: Aligned }> {
  const { bundle, network } = work;
  need(bundle.manifest, "annotate");
  const { annotation } = bundle.manifest;
  const { classes } = bundle;
  if (annotation === null || classes === null)
    throw new BundleError("The model has no classes.tsv. Get another model.");
  checkOptions(bundle, classes, options);
  const aligned = alignWork(work);
  const { unknown } = annotation;
  const measured = Array.from(bundle.genes.inputs, (row) => aligned.map.measured[row] === 1);
  const naming: Naming = {
    network,
    classes,
    typicality: unknown && typicality(bundle.profiles, measured, unknown),
    threshold: unknown && (options.unknown ?? true) ? unknown.threshold : null,
    weights: null,
    confidence: options.confidence ?? annotation.confidence,
    ownConfidence: annotation.confidence,
    level: options.level ?? null,
    shallow: leastDepth(bundle),
  };
  return { naming: options.shares ? await withShares(work, naming, aligned) : naming, aligned };
}

/** Refuse options that mean nothing, before any count is read. */
function checkOptions({ manifest }: Bundle, classes: Classes, { confidence, level }: AnnotateOptions): void {
  if (confidence !== undefined && !(confidence >= 0 && confidence <= 1))
    throw new UsageError(`confidence is ${confidence}; it must be a share from 0 to 1.`);
  if (level === undefined) return;
  if (!Number.isInteger(level) || level < 1)
    throw new UsageError(`level is ${level}; it must be a whole number, at least 1.`);
  const levels = classes.levels.reduce((most, at) => Math.max(most, at), 0) + 1;
  if (level > levels)
    throw new UsageError(
      `level is ${level}, and the tree of types of ${manifest.name} has ${levels}: give 1 (its broadest types) to ` +
        `${levels}, or leave level out: the answer goes as far down as it is sure.`,
    );
}

/** The size factor that 99% of the training cells had at least; 0 where the model does not say it. */
function leastDepth({ manifest, genes }: Bundle): number {
  const total = genes.mean.reduce((sum, mean) => sum + mean, 0);
  return manifest.librarySizes && total > 0 ? manifest.librarySizes[0] / total : 0;
}

/** Weigh the types by the shares that they have in these cells. */
async function withShares(work: Work, naming: Naming, aligned: Aligned): Promise<Naming> {
  const leaves = naming.classes.leaves.length;
  const trained = Float64Array.from(naming.classes.leaves, (row) => naming.classes.priors[row]);
  if (!trained.every(Number.isFinite))
    throw new UsageError(
      `${work.bundle.manifest.name} does not say how frequent its types were in training, so that other shares cannot ` +
        "be told: leave shares out.",
    );
  const known: Float32Array[] = [];
  for (const { from, to } of candidateRows(work.source.matrix.cells)) {
    const { probabilities, typical } = await measureCells(
      naming,
      aligned.cells(await work.source.counts(from, to)),
    );
    for (let cell = 0; cell < to - from; cell++) {
      const row = probabilities.subarray(cell * leaves, (cell + 1) * leaves);
      const like =
        naming.threshold === null || typical === null || (typical[cell] || 0) >= Math.fround(naming.threshold);
      if (Number.isFinite(row[0]) && like) known.push(row);
    }
  }
  const probabilities = new Float32Array(known.length * leaves);
  for (const [cell, row] of known.entries()) probabilities.set(row, cell * leaves);
  return {
    ...naming,
    weights: weightsOf(known.length ? estimateShares(probabilities, trained) : trained, trained),
  };
}
