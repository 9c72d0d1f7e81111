/** What the manifest says of the graph: what goes in, what comes out, and what each of it means. */

import { BundleError } from "../../errors.js";
import { lengthOf, quotedList } from "../../text/quoting.js";
import { type Decoded, list, oneOf, optional, record, text, whole } from "../strict.js";
import type { GraphOutput, Meaning } from "../types.js";

const MAX_DIMENSIONS = 4096;
const MAX_DIMENSION_NAME = 100;
const BLANK_AT_END = /^\s|\s$/;

/** Meanings of imputed counts; a graph has at most one such output. */
export const IMPUTED: readonly Meaning[] = ["expected", "expressed"];

export const graphInput = record({ name: text, meaning: oneOf("counts", "size_factors") });

export const graphOutput = record({
  name: text,
  meaning: oneOf("expected", "expressed", "embedding", "class_probabilities", "class_energy"),
  dimensions: list(text),
});

/** How the graph is cut down to some of its sub-networks. */
export const cut = optional(record({ stacked: list(text), places: text, by_input: list(text), width: text }));

/** What goes into `model.onnx` and what comes out. */
export const graph = record({ inputs: list(graphInput), outputs: list(graphOutput), opset: whole, cut }, (found) =>
  checkGraphForm(found),
);

export type GraphForm = Decoded<typeof graph>;

/** The output of a meaning; null where there is none. */
export function outputOf(form: { readonly outputs: readonly GraphOutput[] }, meaning: Meaning): GraphOutput | null {
  return form.outputs.find((output) => output.meaning === meaning) ?? null;
}

/** The output of imputed counts; null where there is none. */
export function imputedOf(form: { readonly outputs: readonly GraphOutput[] }): GraphOutput | null {
  return form.outputs.find((output) => IMPUTED.includes(output.meaning)) ?? null;
}

/**
 * Refuse what the kinds cannot say.
 *
 * @throws BundleError with what makes no sense
 */
export function checkGraphForm(form: GraphForm): void {
  const taken: string[] = form.inputs.map((input) => input.meaning);
  if (taken.filter((meaning) => meaning === "counts").length !== 1 || !areDistinct(taken))
    throw new BundleError(
      `manifest.json: the graph must take counts once; it takes ${quotedList(taken.slice(0, 9))}.`,
    );
  checkDistinct(
    "inputs",
    form.inputs.map((input) => input.name),
  );
  const given: string[] = form.outputs.map((output) => output.meaning);
  if (!given.length || !areDistinct(given) || IMPUTED.every((meaning) => given.includes(meaning)))
    throw new BundleError(
      "manifest.json: the graph must give something, each meaning once, and imputed counts of one kind; " +
        `it gives ${quotedList(given.slice(0, 9))}.`,
    );
  checkDistinct(
    "outputs",
    form.outputs.map((output) => output.name),
  );
  form.outputs.forEach(checkDimensions);
  if (outputOf(form, "class_energy") && !outputOf(form, "class_probabilities"))
    throw new BundleError("manifest.json: the graph gives class_energy without class_probabilities.");
  if (form.cut !== null && !imputedOf(form))
    throw new BundleError("manifest.json: a graph that does not impute has no sub-networks to cut it down to.");
}

/** Whether no two of some texts are the same. */
export function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function checkDistinct(what: string, names: readonly string[]): void {
  if (!areDistinct(names))
    throw new BundleError(
      `manifest.json: two ${what} of the graph have one name: ${quotedList(names.slice(0, 9))}.`,
    );
}

function checkDimensions(output: GraphOutput): void {
  const names = output.dimensions;
  if (names.length > 0 !== (output.meaning === "embedding"))
    throw new BundleError(
      `manifest.json: the output of meaning ${output.meaning} names ${names.length} dimensions; an ` +
        "embedding names each of its own, and nothing else any.",
    );
  if (names.length > MAX_DIMENSIONS || !areDistinct(names))
    throw new BundleError("manifest.json: an embedding has dimensions of one name, or over 4,096.");
  if (names.some((name) => !name || BLANK_AT_END.test(name) || lengthOf(name) > MAX_DIMENSION_NAME))
    throw new BundleError(
      "manifest.json: the name of a dimension is empty, too long, or begins or ends in a blank.",
    );
}
