/** Placing cells among known ones as a task. */

import type { GraphOutput } from "../bundle/types.js";
import { BundleError, UsageError } from "../errors.js";
import { alignWork } from "./aligned.js";
import { outputOf } from "./annotation/block.js";
import { batchesOf, takeOutBatches } from "./embedding/batches.js";
import { checkPlaces } from "./embedding/check.js";
import { need } from "./need.js";
import { eachBlock } from "./running.js";
import type { Embedded, EmbedOptions, Work } from "./types.js";

/**
 * Place the cells of a dataset among those that trained a model.
 *
 * @throws TaskError when the model places no cells; UsageError for an option that means nothing; DataError when there
 * is no such column of batches; GeneMatchError when dataset and model share too few genes or differ in species;
 * BundleError when what the graph gives is impossible; StoppedError
 */
export async function embed(work: Work, options: EmbedOptions = {}): Promise<Embedded> {
  const { manifest } = work.bundle;
  need(manifest, "embed");
  const output = manifest.outputs.find(({ meaning }) => meaning === "embedding");
  if (manifest.embedding === null || output === undefined)
    throw new BundleError("The model's graph gives no embedding. Get another model.");
  if (options.batch !== undefined && manifest.annotation === null)
    throw new UsageError(
      `The model ${manifest.name} knows no cell types, by which batches are told from cells: leave batch out, or use ` +
        "another model.",
    );
  const batches = options.batch === undefined ? null : batchesOf(work.source.dataset, options.batch);
  const aligned = alignWork(work);
  const judged = await checkPlaces(work, aligned);
  const coordinates = await place(work, options, output, batches, aligned);
  return {
    key: manifest.embedding.key,
    dimensions: output.dimensions,
    coordinates,
    judged,
    coverage: aligned.alignment.coverage,
  };
}

async function place(
  work: Work,
  options: EmbedOptions,
  { dimensions: { length: dimensions } }: GraphOutput,
  batches: Int32Array | null,
  aligned: ReturnType<typeof alignWork>,
): Promise<Float32Array> {
  const { cells } = work.source.matrix;
  const types = work.bundle.classes?.leaves.length ?? 0;
  const places = new Float32Array(cells * dimensions);
  const probabilities = new Float32Array(batches === null ? 0 : cells * types);
  await eachBlock(work, options, async (counts, { from }) => {
    const found = await work.network.run(aligned.cells(counts));
    places.set(outputOf(found, "embedding"), from * dimensions);
    if (batches !== null) probabilities.set(outputOf(found, "class_probabilities"), from * types);
  });
  if (batches !== null) takeOutBatches({ places, dimensions, probabilities, types, batches });
  return places;
}
