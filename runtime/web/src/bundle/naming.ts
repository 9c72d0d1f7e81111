/** What a model is called, to the byte. */

import type { Bundle } from "./types.js";

/** The line that names a loaded model: its name, and the hash of its manifest, which names every other file by its own. */
export function nameModel({ manifest, sha256 }: Bundle): string {
  return `${manifest.name} (manifest sha256 ${sha256})`;
}
