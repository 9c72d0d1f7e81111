/** Molecular cross-validation (Batson 2019) on the user's own cells: molecules predict others, zeros included. */

import { columnTotals } from "../calibration/csr.js";
import { logarithms, scratch } from "../calibration/kernels.js";
import type { Part } from "../calibration/types.js";
import type { Csr } from "../readers/types.js";
import { type Fitted, fit, fitAlone, geneMeans } from "./fitted.js";
import { foldMolecules } from "./hiding.js";
import { observed, type Space } from "./space.js";

const SHARE = 0.1;
// A gain is at least as uncertain as this, in nats a root of a molecule.
const LEAST_NOISE = 0.1;
const LEAST_MEAN = Math.fround(1e-7);
const PER_KEPT = Math.fround(SHARE / (1 - SHARE));
const FLOORS = [0.003, 0.01, 0.03, 0.1, 0.3];
// So many cells teach half of what many would (benchmarks/fitness/verdicts.md).
const HALF_TAUGHT = 28;

/** What is judged: the model with its gene levels corrected, and with all of its calibration. */
export type Reading = "level" | "calibrated";

const READINGS: readonly Reading[] = ["level", "calibrated"];

/** Sums over cells and folds, one a gene. */
interface Gains {
  /** Gain over gene mean x library in nats: the difference of the Poisson log likelihoods of the hidden molecules. */
  readonly gain: Float64Array;
  /** Squares of the cells' gains. */
  readonly squares: Float64Array;
  /** The variance of a gain by Poisson counts about what was predicted. */
  readonly poisson: Float64Array;
}

/** How much better a model predicts hidden molecules than gene mean x library does. */
export class MoleculeGains {
  /** How often a tenth of the molecules was hidden. */
  folds = 0;
  /** Of each judged gene, those that were hidden. */
  readonly molecules: Float64Array;
  readonly gains: Readonly<Record<Reading, Gains>>;
  /** Gain, in nats a molecule, of what these cells teach without the model, in one fold. */
  alone = 0;
  /** The same of the reading `level`, of the same fold. */
  levelThere = 0;
  /** Summed Poisson loss, mu - y log mu, of gene mean x library. */
  baseline = 0;
  /** The same of the remaining molecules themselves, zeros raised to the best of a few floors. */
  none = 0;

  constructor(
    readonly cells: number,
    genes: number,
  ) {
    const zeros = (): Float64Array => new Float64Array(genes);
    const gains = (): Gains => ({ gain: zeros(), squares: zeros(), poisson: zeros() });
    this.molecules = zeros();
    this.gains = { level: gains(), calibrated: gains() };
  }

  /** The gain of all genes together, in nats a hidden molecule. */
  perMolecule(reading: Reading): number {
    return sum(this.gains[reading].gain) / Math.max(sum(this.molecules), 1);
  }

  /** Whether what a reading gives predicts hidden molecules better than the counts do as they are. */
  isAhead(reading: Reading): boolean {
    return this.baseline - sum(this.gains[reading].gain) < this.none;
  }

  /** What the model knows of how these cells differ, as a share of what many like them would teach; NaN of nothing. */
  get knowledge(): number {
    const taught = this.cells / (this.cells + HALF_TAUGHT);
    return this.alone > 0 ? (this.levelThere * taught) / this.alone : Number.NaN;
  }

  /** The gain of each gene in nats a molecule, and its variance: from the differences between the cells, and at least that of Poisson counts. */
  byGene(reading: Reading): { gains: Float64Array; variances: Float64Array } {
    const { gain, squares, poisson } = this.gains[reading];
    const number = this.molecules.map((molecules) => Math.max(molecules, 0.5));
    const entries = this.folds * this.cells;
    const variances = number.map((molecules, gene) => {
      const noise = Math.max(squares[gene] - gain[gene] ** 2 / entries, poisson[gene]);
      return Math.max(noise, LEAST_NOISE ** 2 * molecules) / molecules ** 2;
    });
    return { gains: gain.map((value, gene) => value / number[gene]), variances };
  }
}

/**
 * Hide a tenth of the molecules, predict them from the rest, and again with others.
 *
 * @param folds - how often
 * @param calibrated - whether the model is calibrated, as it will be when it imputes
 * @param part - how far the calibration goes
 * @param mostAlone - what the cells teach without the model is measured on so many genes, which stand for all
 */
export async function measureMolecules(
  space: Space,
  folds: number,
  calibrated: boolean,
  part: Part | null,
  mostAlone: number,
): Promise<MoleculeGains> {
  const genes = space.outputs.length;
  const found = new MoleculeGains(space.counts.cells, genes);
  for (const { kept, hidden } of foldMolecules(space.counts, folds, 0, SHARE)) {
    const [left, rest] = [observed(space, kept), observed(space, hidden)];
    columnTotals(rest).forEach((total, gene) => {
      found.molecules[gene] += total;
    });
    found.none += noneLoss(left, rest);
    const fitted = await fit(space, kept, calibrated, part);
    const constant = geneMeans(fitted.cells, columnTotals(left));
    found.baseline += await addGains(fitted, space.outputs, rest, constant, found.gains);
    if (found.folds++ > 0) continue; // of many genes together, one fold tells enough
    const there = Math.max(sum(found.molecules), 1);
    const standing = standingForAll(space, columnTotals(left), mostAlone);
    found.levelThere = sum(found.gains.level.gain) / there;
    found.alone = (await aloneGain(space, standing, fitted, rest, constant)) / there;
  }
  return found;
}

/**
 * Choose judged genes to measure a sum over all of them by: for how many each stands, 0 of one that is not chosen.
 *
 * Half are those with the most counts, which make up most of such a sum; the others lie at even distances among the
 * rest in the order of their counts.
 */
function standingForAll(space: Space, counts: Float64Array, most: number): Float64Array {
  const standing = new Float64Array(counts.length).fill(1);
  if (counts.length <= most) return standing;
  const order = Int32Array.from(counts, (_, gene) => gene);
  order.sort((a, b) => counts[b] - counts[a] || space.outputs[a] - space.outputs[b]);
  const half = Math.floor(most / 2);
  const others = order.subarray(half);
  const step = Math.ceil(others.length / (most - half));
  const chosen = others.filter((_, place) => place % step === Math.floor(step / 2));
  for (const gene of others) standing[gene] = 0;
  for (const gene of chosen) standing[gene] = others.length / chosen.length;
  return standing;
}

/** The gain of what the cells teach about genes that stand for so many each, summed. */
async function aloneGain(
  space: Space,
  standing: Float64Array,
  fitted: Fitted,
  rest: Csr,
  constant: Float32Array,
): Promise<number> {
  const some = Int32Array.from(standing.keys()).filter((gene) => standing[gene] > 0);
  const outputs = some.map((gene) => space.outputs[gene]);
  const taught = await fitAlone(space, outputs, fitted);
  const place = new Int32Array(rest.genes).fill(-1);
  some.forEach((gene, i) => {
    place[gene] = i;
  });
  const gains = new MoleculeGains(0, some.length).gains;
  const level = Float32Array.from(some, (gene) => constant[gene]);
  await addGains(taught, outputs, rest, level, gains, place);
  return some.reduce((total, gene, i) => total + gains.calibrated.gain[i] * standing[gene], 0);
}

/**
 * Add the gains of a fitted model.
 *
 * @param rest - the hidden molecules, cells x genes
 * @param constant - of each judged gene its mean count in a cell of size factor 1
 * @param gains - what is added to
 * @param place - of each column of `rest` its place among the outputs, -1 for none; by default they are the same
 * @returns the summed Poisson loss of gene mean x library
 */
async function addGains(
  fitted: Fitted,
  outputs: Int32Array,
  rest: Csr,
  constant: Float32Array,
  gains: Readonly<Record<Reading, Gains>>,
  place: Int32Array | null = null,
): Promise<number> {
  const genes = outputs.length;
  let loss = 0;
  for await (const { rows, ...said } of fitted.means(outputs)) {
    const [hidden, plain, logs, mean, ratio] = scratch(genes, genes, genes, genes, genes);
    for (let cell = rows.from; cell < rows.to; cell++) {
      hidden.fill(0);
      for (let i = rest.indptr[cell]; i < rest.indptr[cell + 1]; i++) {
        const gene = place === null ? rest.indices[i] : place[rest.indices[i]];
        if (gene >= 0) hidden[gene] = rest.values[i];
      }
      scale(constant, fitted.cells.sizeFactors[cell], plain, logs);
      for (let gene = 0; gene < genes; gene++) loss += plain[gene] - hidden[gene] * logs[gene];
      const at = (cell - rows.from) * genes;
      for (const reading of READINGS) {
        scale(said[reading].subarray(at, at + genes), 1, mean, ratio);
        addCell(gains[reading], { hidden, plain, logs, mean, ratio }, genes);
      }
    }
  }
  return loss;
}

/** Write what the means of what was not hidden say of what was, and its logarithm. */
function scale(kept: Float32Array, factor: number, mean: Float32Array, logs: Float32Array): void {
  for (let gene = 0; gene < kept.length; gene++) {
    const own = Math.fround(kept[gene] * factor) * PER_KEPT;
    mean[gene] = own;
    logs[gene] = Math.max(own, LEAST_MEAN);
  }
  logarithms(logs);
}

/** Add the gains of one cell: of `mean`, whose logarithm is `ratio`, over `plain`. */
function addCell(
  { gain, squares, poisson }: Gains,
  cell: Record<"hidden" | "plain" | "logs" | "mean" | "ratio", Float32Array>,
  genes: number,
): void {
  const { hidden, plain, logs } = cell;
  for (let gene = 0; gene < genes; gene++) {
    const base = plain[gene];
    const said = cell.mean[gene];
    const mean = Math.max(said, LEAST_MEAN);
    const ratio = cell.ratio[gene] - logs[gene];
    const own = hidden[gene] * ratio + base - mean;
    gain[gene] += own;
    squares[gene] += own * own;
    poisson[gene] += Math.max(mean, base) * ratio * ratio;
  }
}

/** The summed Poisson loss of no imputation: what is left, zeros raised to the floor that suits best. */
function noneLoss(kept: Csr, hidden: Csr): number {
  const left = new Float32Array(kept.genes);
  const total = sum(kept.values) * PER_KEPT;
  let [unseen, again] = [0, 0];
  for (let cell = 0; cell < kept.cells; cell++) {
    for (let i = kept.indptr[cell]; i < kept.indptr[cell + 1]; i++) left[kept.indices[i]] = kept.values[i];
    for (let i = hidden.indptr[cell]; i < hidden.indptr[cell + 1]; i++) {
      const count = left[hidden.indices[i]];
      if (count > 0) again += Math.log(count * PER_KEPT) * hidden.values[i];
      else unseen += hidden.values[i];
    }
    for (let i = kept.indptr[cell]; i < kept.indptr[cell + 1]; i++) left[kept.indices[i]] = 0;
  }
  const zeros = kept.cells * kept.genes - kept.indptr[kept.cells];
  const floors = FLOORS.map((floor) => floor * PER_KEPT);
  return total - again + Math.min(...floors.map((floor) => zeros * floor - unseen * Math.log(floor)));
}

function sum(values: Float64Array | Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
