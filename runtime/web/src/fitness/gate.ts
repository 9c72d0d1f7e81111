/** Which genes a model predicts better than a constant does, on the very cells that it is to fill. */

import { columnTotals } from "../calibration/csr.js";
import type { ModelCells, Part } from "../calibration/types.js";
import { clip } from "../maths/statistics.js";
import type { Judged } from "../tasks/types.js";
import { measureEntries } from "./entries.js";
import { likenessToTraining } from "./likeness.js";
import { measureMolecules } from "./molecules.js";
import { shrink } from "./shrink.js";
import { makeSpace, observed, type Space } from "./space.js";
import type { CheckedModel, Evidence, Gate } from "./types.js";
import { judge } from "./verdict.js";

// So many cells settle which genes gain anything worth having; fewer are asked several times.
const GATE_CELLS = 600;
const MOST_FOLDS = 4;
// What the cells teach without the model shows on a part of the genes.
const ALONE_GENES = 1500;
// Of fewer cells a tenth of the molecules says nothing gene by gene.
const LEAST_CELLS = 20;
// A gene of which this is exceeded is likelier predicted better than its mean than not.
const LIKELIER = 0.5;
// How sure it must be that the model itself predicts a gene better than its mean, for a person to rely on it.
const TRUSTED = 0.95;

/** What is said where there was no check: too few cells. */
export const UNTRIED: Judged = {
  verdict: "not tested",
  why: ["Fewer than 20 of the cells can be looked at, so that nothing says whether the model fits them."],
};

/** How a model is checked. */
export interface GateOptions {
  /** The genes that would be filled, as columns of the graph's output, each once. */
  readonly outputs: Int32Array;
  /** How far the calibration will go; null where the model will not be calibrated. */
  readonly part: Part | null;
}

/**
 * Check quickly which genes are worth filling.
 *
 * A tenth of the molecules of up to 600 cells is hidden, imputed and compared, gene by gene with gene mean x library; of
 * a model without means, ten non-zero counts a gene are hidden, and compared with the non-zero mean + library slope.
 *
 * @param cells - cells of the dataset, in the model's genes
 * @returns null for so few cells that nothing can be said
 * @throws BundleError where what the model gives for them is no count
 */
export async function measureGate(
  model: CheckedModel,
  cells: ModelCells,
  options: GateOptions,
): Promise<Gate | null> {
  const { part } = options;
  const space = makeSpace(model, cells, options.outputs.slice().sort(), GATE_CELLS);
  const number = space.counts.cells;
  if (number < LEAST_CELLS || space.outputs.length === 0) return null;
  const folds = clip(Math.floor(GATE_CELLS / number), 1, MOST_FOLDS);
  if (model.graph.meaning === "expressed") {
    const rounds = folds + 1;
    const { gains, variances, level } = await measureEntries(space, rounds, part !== null, part);
    const { means, above } = shrink(gains, variances);
    const nothing = { knowledge: Number.NaN, ahead: true, corrected: false };
    return gateOf(space, { gain: means, known: above, folds: rounds, of: "entries", level, ...nothing });
  }
  const measured = await measureMolecules(space, folds, part !== null, part, ALONE_GENES);
  const [calibrated, level] = [measured.byGene("calibrated"), measured.byGene("level")];
  return gateOf(space, {
    gain: shrink(calibrated.gains, calibrated.variances).means,
    known: shrink(level.gains, level.variances).above,
    folds,
    of: "molecules",
    level: measured.perMolecule("level"),
    knowledge: measured.knowledge,
    ahead: measured.isAhead("calibrated"),
    corrected: part !== null,
  });
}

/** Which genes the model itself surely knows: 1 for each of the gate's genes to rely on. */
export function trusted({ better, known }: Gate): Uint8Array {
  return better.map((filled, gene) => (filled && known[gene] >= TRUSTED ? 1 : 0));
}

/** What a check measured. */
interface Measured
  extends Pick<Gate, "gain" | "known" | "folds" | "of">,
    Pick<Evidence, "level" | "knowledge" | "ahead"> {
  readonly corrected: boolean;
}

function gateOf(space: Space, { gain, known, folds, of, level, knowledge, ahead, corrected }: Measured): Gate {
  const seen = columnTotals(observed(space, space.counts)).map((total) => (total > 0 ? 1 : 0));
  for (let gene = 0; gene < seen.length; gene++) if (!seen[gene]) gain[gene] = known[gene] = Number.NaN;
  const better = Uint8Array.from(gain, (value) => (value <= 0 ? 0 : 1));
  const genes = seen.reduce((sum, one) => sum + one, 0);
  const likelier = known.filter((probability) => probability > LIKELIER).length;
  const passed = better.filter((fills, gene) => fills && seen[gene]).length;
  const evidence: Evidence = {
    level,
    knowledge,
    known: genes ? likelier / genes : 0,
    genes,
    cells: space.counts.cells,
    ahead,
    helped: corrected && genes ? passed / genes : Number.NaN,
    likeness: likenessToTraining(space.counts, space.measured, space.means),
  };
  const { verdict, why } = judge(evidence);
  return {
    outputs: space.outputs,
    gain,
    better,
    known,
    cells: space.counts.cells,
    folds,
    of,
    verdict,
    why,
    evidence,
  };
}
