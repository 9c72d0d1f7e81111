/** Open a bundle's graph with ONNX Runtime and run it on blocks of cells. */

import * as ort from "onnxruntime-web/wasm";
import { valuesOfCell } from "../bundle/graph/check.js";
import type { Bundle, GraphInput, GraphOutput, Meaning } from "../bundle/types.js";
import { BundleError, CellfillError } from "../errors.js";
import { blocksOf, mostCells } from "./blocks.js";
import { checkOutput, checkValues, isImputed } from "./outputs.js";
import type { InputCells, Network } from "./types.js";

const MOST_SAID = 300; // characters of ONNX Runtime's message that are passed on

/** How a graph is opened. */
export interface OpenOptions {
  /** Threads; counts where the page is cross-origin isolated (else 1), and only for the first graph. */
  readonly threads?: number;
  /** The folder of `ort-wasm-simd-threaded.mjs` and `.wasm`, a URL with a slash at its end. */
  readonly wasmPaths?: string;
}

/**
 * Open a bundle's graph and check that it has the form that its manifest states.
 *
 * @throws BundleError when ONNX Runtime refuses the graph, or reads another form in it
 */
export async function openNetwork(bundle: Bundle, options: OpenOptions = {}): Promise<Network> {
  if (options.wasmPaths !== undefined) {
    const base = typeof location === "undefined" ? undefined : location.href;
    ort.env.wasm.wasmPaths = new URL(options.wasmPaths, base).href;
  }
  ort.env.wasm.numThreads = mayShareMemory() ? Math.max(1, Math.floor(options.threads ?? 1)) : 1;
  ort.env.logLevel = "error";
  const session = await failingAs(
    (why) => `ONNX Runtime cannot open model.onnx: ${why}. Get another model.`,
    () => ort.InferenceSession.create(bundle.graph, { executionProviders: ["wasm"] }),
  );
  try {
    checkForm(session, bundle);
    return new OpenNetwork(session, bundle, mostCells(valuesOfCell(bundle.graph)));
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Whether threads can share memory: in a browser only a page that is cross-origin isolated may. */
function mayShareMemory(): boolean {
  return typeof crossOriginIsolated === "boolean" ? crossOriginIsolated : typeof SharedArrayBuffer !== "undefined";
}

class OpenNetwork implements Network {
  readonly meanings: readonly Meaning[];
  private readonly inputs: readonly GraphInput[];
  private readonly outputs: readonly GraphOutput[];
  private readonly widths: ReadonlyMap<string, number>;
  private readonly inputGenes: number;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: ort.InferenceSession,
    bundle: Bundle,
    private readonly most: number,
  ) {
    this.inputs = bundle.manifest.inputs;
    this.outputs = bundle.manifest.outputs;
    this.widths = outputWidths(bundle);
    this.inputGenes = bundle.genes.inputs.length;
    this.meanings = this.outputs.map((output) => output.meaning);
  }

  run(cells: InputCells): Promise<ReadonlyMap<Meaning, Float32Array>> {
    // One call at a time: ONNX Runtime holds one heap.
    const mine = this.turn.then(() => this.runAll(cells));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    await this.turn;
    await this.session.release();
  }

  private async runAll(cells: InputCells): Promise<ReadonlyMap<Meaning, Float32Array>> {
    const found = new Map<Meaning, Float32Array>();
    for (const { name, meaning } of this.outputs)
      found.set(meaning, new Float32Array(cells.cells * (this.widths.get(name) as number)));
    const blocks = Math.max(1, Math.ceil(cells.cells / this.most));
    for (const { from, to } of blocksOf(cells.cells, Math.ceil(cells.cells / blocks)))
      await this.runSome(cells, from, to, found);
    const empty = (cell: number) => cells.sizeFactors[cell] === 0;
    const unread = (cell: number) => empty(cell) || cells.inputCounts?.[cell] === 0;
    for (const [meaning, values] of found) {
      if (isImputed(meaning)) {
        fillRows(values, cells.cells, empty, 0);
        checkValues(values, cells.cells, "gives");
      } else {
        checkOutput(values, cells.cells, meaning, (cell) => !unread(cell));
        fillRows(values, cells.cells, unread, Number.NaN);
      }
    }
    return found;
  }

  private async runSome(cells: InputCells, from: number, to: number, found: ReadonlyMap<Meaning, Float32Array>) {
    const genes = this.inputGenes;
    const number = to - from;
    const given = {
      counts: () => new ort.Tensor("float32", cells.inputs.subarray(from * genes, to * genes), [number, genes]),
      size_factors: () =>
        new ort.Tensor(
          "float32",
          cells.sizeFactors.slice(from, to).map((factor) => factor || 1),
          [number, 1],
        ),
    };
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name, meaning } of this.inputs) feeds[name] = given[meaning]();
    const results = await failingAs(
      (why) => `The model failed on a block of ${number} cells: ${why}. Use another model.`,
      () => this.session.run(feeds),
    );
    for (const { name, meaning } of this.outputs) {
      const width = this.widths.get(name) as number;
      const values = results[name]?.data;
      if (!(values instanceof Float32Array) || values.length !== number * width)
        throw new BundleError(
          `The model gives no ${meaning} of ${width} columns for a block of ${number} cells. Use another model.`,
        );
      found.get(meaning)?.set(values, from * width);
      results[name].dispose();
    }
  }
}

/** Columns of every output, by its name; see docs/bundle.md, "The manifest". */
function outputWidths(bundle: Bundle): Map<string, number> {
  const columns = (output: GraphOutput): number => {
    if (isImputed(output.meaning)) return bundle.genes.targets.length;
    if (output.meaning === "class_probabilities") return bundle.classes?.leaves.length ?? 0;
    return output.meaning === "class_energy" ? 1 : output.dimensions.length;
  };
  return new Map(bundle.manifest.outputs.map((output) => [output.name, columns(output)]));
}

/** Refuse a graph of which ONNX Runtime says something else than our own look at its bytes. */
function checkForm(session: ort.InferenceSession, bundle: Bundle): void {
  const expected = outputWidths(bundle);
  for (const { name, meaning } of bundle.manifest.inputs)
    expected.set(name, meaning === "counts" ? bundle.genes.inputs.length : 1);
  const values = [...session.inputMetadata, ...session.outputMetadata];
  const same = values.every(
    (value) => value.isTensor && value.type === "float32" && value.shape.at(-1) === expected.get(value.name),
  );
  if (!same || values.length !== expected.size)
    throw new BundleError("ONNX Runtime reads other inputs or outputs in model.onnx than cellfill: use another.");
}

function fillRows(values: Float32Array, cells: number, which: (cell: number) => boolean, value: number): void {
  const columns = cells ? values.length / cells : 0;
  for (let cell = 0; cell < cells; cell++)
    if (which(cell)) values.fill(value, cell * columns, (cell + 1) * columns);
}

async function failingAs<Result>(say: (why: string) => string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CellfillError) throw error;
    const why = String(error instanceof Error ? error.message : error)
      .split(/\s+/)
      .join(" ")
      .trim();
    throw new BundleError(say(why.slice(0, MOST_SAID).replace(/\.+$/, "")), { cause: error });
  }
}
