/** Cells that were named, as a whole: put together from blocks, and whether the model is fit to name them. */

import type { Classes } from "../../bundle/types.js";
import type { Aligned } from "../aligned.js";
import type { Annotated, Judged } from "../types.js";
import type { NamedBlock, Naming } from "./block.js";
import { typeRows } from "./table.js";
import { type Evidence, gatherEvidence, judge } from "./verdict.js";

/** Cells that were named, put together; and what they say as a whole. */
export class NamedDataset {
  private readonly types: string[] = [];
  private readonly reason: string[] = [];
  private readonly probability: Float32Array;
  private readonly typical: Float32Array | null;
  private readonly probabilities: Float32Array;
  private readonly leaves: readonly string[];
  private shallow = 0;
  private unsure = 0;

  constructor(
    cells: number,
    private readonly classes: Classes,
    typical: boolean,
  ) {
    this.leaves = Array.from(classes.leaves, (row) => classes.names[row]);
    this.probability = new Float32Array(cells);
    this.typical = typical ? new Float32Array(cells) : null;
    this.probabilities = new Float32Array(cells * classes.leaves.length);
  }

  /** Add the cells of a block, in order. */
  add(from: number, block: NamedBlock): void {
    this.types.push(...block.types);
    this.reason.push(...block.reason);
    this.probability.set(block.probability, from);
    if (block.typical) this.typical?.set(block.typical, from);
    this.probabilities.set(block.probabilities, from * this.leaves.length);
    this.shallow += block.shallow;
    this.unsure += block.unsure;
  }

  get all(): Omit<Annotated, "judged" | "coverage"> {
    const { types, probability, reason, typical, leaves, probabilities } = this;
    return { types, probability, reason, typical, leaves, probabilities };
  }

  /** Say whether the model is fit to name them: the one place that decides it. */
  judge(naming: Naming, { alignment, inputsShare }: Aligned): { judged: Judged; evidence: Evidence } {
    const evidence = gatherEvidence({
      reasons: this.reason,
      probabilities: this.probabilities,
      leaves: this.leaves.length,
      rows: typeRows(this.all),
      tested: naming.threshold !== null && this.typical !== null,
      coverage: alignment.coverage,
      genes: inputsShare,
      unsure: this.unsure,
      shallow: this.shallow,
      taught: this.classes.leaves.reduce((sum, row) => sum + this.classes.cells[row], 0),
    });
    return { judged: judge(evidence), evidence };
  }
}
