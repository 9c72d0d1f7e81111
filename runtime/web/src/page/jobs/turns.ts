/** The worker's turns: between blocks it hears whether a person wants it to stop. */

import type { Source } from "../../counts/types.js";

/** Let messages arrive. Awaiting a result of WebAssembly alone does not. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The same counts, with a turn before each block. */
export function withTurns(source: Source): Source {
  return {
    ...source,
    async counts(from, to) {
      await turn();
      return source.counts(from, to);
    },
  };
}
