/** The files that a bundle may have, and the most bytes that each may have. A manifest says which of them it has. */

export const MANIFEST = "manifest.json";
export const CARD = "README.md";
export const GENES = "genes.tsv";
export const GRAPH = "model.onnx";
export const CLASSES = "classes.tsv";
export const PROFILES = "profiles.tsv";
export const REFERENCE = "reference.tsv";
export const GOLDEN = "golden.json";

/** Far above any real model, far below what would hurt: checked before a byte is believed. */
export const MAX_BYTES: ReadonlyMap<string, number> = new Map([
  [MANIFEST, 2 ** 20],
  [CARD, 4 * 2 ** 20],
  [GENES, 32 * 2 ** 20],
  [GRAPH, 2 ** 30],
  [CLASSES, 2 ** 20],
  [PROFILES, 64 * 2 ** 20],
  [REFERENCE, 32 * 2 ** 20],
  [GOLDEN, 4 * 2 ** 20],
]);

/** The most bytes of a file of a bundle; none of a file that no bundle has. */
export function mostBytes(name: string): number {
  return MAX_BYTES.get(name) ?? 0;
}
