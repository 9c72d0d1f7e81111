/** Hand a file to the browser to be saved. */

import type { Saved } from "./messages.js";

const KEPT = 60_000;

/** Save a file; where to, the browser asks or knows. */
export function save({ name, blob }: Saved): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it a little later.
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}
