/** Cells and predictions of the cases of calibration, for tests. */

import type { Graph, ModelCells, Part } from "../src/calibration/types.js";
import { cases, type Numbers } from "./stand-ins.js";

/** What is asked of a calibration, and Python's answer. */
export interface CalibrationCase {
  readonly asked: { meaning: "expected" | "expressed"; part?: Part; refined?: number[]; cells?: number };
  readonly answer: {
    part: Part;
    cells: number;
    scores: number;
    score_genes: number[];
    shallow_below: number;
    factors: Numbers;
    corrected: Numbers;
  };
}

interface Stored {
  readonly genes: number;
  readonly targets: number[];
  readonly measured: number[];
  readonly size_factors: number[];
  readonly counts: { indptr: number[]; indices: string; values: string };
  readonly predicted: string;
  readonly drawn: number[];
  readonly calibrations: Readonly<Record<string, CalibrationCase>>;
}

/** The cases, their arrays read. */
export async function calibrationCases() {
  const stored = await cases<Stored>("calibration");
  const cells: ModelCells = {
    counts: {
      cells: stored.size_factors.length,
      genes: stored.genes,
      indptr: Float64Array.from(stored.counts.indptr),
      indices: new Int32Array(bytes(stored.counts.indices)),
      values: new Float32Array(bytes(stored.counts.values)),
    },
    sizeFactors: Float32Array.from(stored.size_factors),
  };
  return {
    cells,
    targets: Int32Array.from(stored.targets),
    measured: Uint8Array.from(stored.measured),
    predicted: new Float32Array(bytes(stored.predicted)),
    drawn: stored.drawn,
    calibrations: stored.calibrations,
  };
}

/** A graph that is never asked: what it says is known. */
export function silent(targets: Int32Array, meaning: Graph["meaning"]): Graph {
  return { targets, meaning, predict: () => Promise.reject(new Error("the graph was asked")) };
}

function bytes(text: string): ArrayBuffer {
  const decoded = Buffer.from(text, "base64");
  return new Uint8Array(decoded).buffer;
}
