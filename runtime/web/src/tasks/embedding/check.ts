/** Whether a model is fit to place the cells of a dataset: whether they are like those that trained it. */

import { rowsOf } from "../../calibration/sample.js";
import type { ModelCells } from "../../calibration/types.js";
import { likenessToTraining } from "../../fitness/likeness.js";
import { BLOCK_SIZE, blocksOf } from "../../network/blocks.js";
import type { Aligned } from "../aligned.js";
import { prepareNaming } from "../annotate.js";
import { nameCells } from "../annotation/block.js";
import { NamedDataset } from "../annotation/found.js";
import { drawCells } from "../drawn.js";
import type { Judged, Work } from "../types.js";
import { judge, toldBy } from "./verdict.js";

/** Say whether the model is fit to place these cells, by some of them. */
export async function checkPlaces(work: Work, aligned: Aligned): Promise<Judged> {
  const drawn = await drawCells(work, aligned);
  return judge({
    cells: drawn.sizeFactors.length,
    likeness: likenessToTraining(drawn.counts, aligned.map.measured, aligned.map.means),
    unlike: work.bundle.manifest.annotation === null ? Number.NaN : await unlikeShare(work, drawn),
    coverage: aligned.alignment.coverage,
    genes: aligned.inputsShare,
    ...toldBy(work.bundle.manifest),
  });
}

/** Share of the cells that are unlike any type of the model; NaN where that cannot be told. */
async function unlikeShare(work: Work, drawn: ModelCells): Promise<number> {
  const { naming, aligned } = await prepareNaming(work, {});
  const named = new NamedDataset(drawn.sizeFactors.length, naming.classes, naming.typicality !== null);
  for (const { from, to } of blocksOf(drawn.sizeFactors.length, BLOCK_SIZE)) {
    const cells = aligned.ofModelCounts(rowsOf(drawn, from, to).counts);
    named.add(from, await nameCells(naming, cells));
  }
  return named.judge(naming, aligned).evidence.unlike;
}
