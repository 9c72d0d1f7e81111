/** Which genes of a result are imputed: those that the model predicts better than their mean. */

import { GeneMatchError } from "../../errors.js";
import type { Gate } from "../../fitness/types.js";
import { IMPUTED, NO_BETTER } from "../../genes/alignment.js";
import { grouped } from "../../text/figures.js";

/**
 * Leave out the genes that the model predicts no better than their mean.
 *
 * @param reasons - for every gene of the result `imputed`, or why it is not
 * @param outputs - for every gene of the result its column of the graph's imputed counts; -1 for none
 * @returns the reasons without them
 * @throws GeneMatchError when none is left
 */
export function gated(reasons: readonly string[], outputs: Int32Array, gate: Gate): string[] {
  const worse = new Set(gate.outputs.filter((_, place) => !gate.better[place]));
  const found = reasons.map((reason, gene) =>
    reason === IMPUTED && worse.has(outputs[gene]) ? NO_BETTER : reason,
  );
  if (!found.includes(IMPUTED)) {
    const genes = reasons.reduce((count, reason) => count + (reason === IMPUTED ? 1 : 0), 0);
    throw new GeneMatchError(
      `Tried on ${grouped(gate.cells)} cells, the model predicts none of the ${grouped(genes)} genes better than their ` +
        "mean does. Choose another model, or go on without the check (gate).",
    );
  }
  return found;
}
