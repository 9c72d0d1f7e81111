/** Read a bundle, verify every file against the manifest before it is parsed, and look at its graph. */

import { BundleNotFoundError } from "../errors.js";
import { clip } from "../text/quoting.js";
import { readCard } from "./card.js";
import { readBounded, readChecked, sha256Of } from "./checked-file.js";
import { parseClasses } from "./classes.js";
import { CARD, CLASSES, GENES, GOLDEN, GRAPH, MANIFEST, mostBytes, PROFILES, REFERENCE } from "./files.js";
import { checkRoles } from "./gene-checks.js";
import { parseGenes } from "./gene-index.js";
import { parseGolden } from "./golden.js";
import { checkGraph } from "./graph/check.js";
import { signatureOf } from "./graph/signature.js";
import { outputOf } from "./manifest/graph.js";
import { checkLeaves } from "./manifest/sections.js";
import { type ManifestRead, parseManifest } from "./manifest/text.js";
import { parseProfiles } from "./profiles.js";
import { parseReference } from "./reference.js";
import type { Bundle, BundleFiles } from "./types.js";

/**
 * Read a bundle, of either format.
 *
 * Each file is read once, so that what was hashed is what is used; the small ones come first. Other files are never
 * asked for. Nothing of the bundle is run.
 *
 * @param files - where it is
 * @throws BundleNotFoundError when there is no bundle there
 * @throws BundleIntegrityError when a file is missing, too large, or not the one that the manifest names
 * @throws BundleVersionError when it was written for another version of cellfill
 * @throws GraphRefusedError when the graph is not what the other files state, or holds what no model needs
 * @throws BundleError when the manifest or another file is malformed
 */
export async function readBundle(files: BundleFiles): Promise<Bundle> {
  const head = await readBounded(files, MANIFEST, mostBytes(MANIFEST));
  if (head === null)
    throw new BundleNotFoundError(
      `No model at ${clip(files.where, 200)}: it has no ${MANIFEST}. Choose a bundle's folder.`,
    );
  const read = parseManifest(head);
  const content = new Map<string, Uint8Array>();
  for (const name of read.files) {
    const record = read.manifest.files.get(name);
    if (record) content.set(name, await readChecked(files, name, record));
  }
  return { ...parseParts(read, content), sha256: await sha256Of(head) };
}

/**
 * Parse the files of a bundle, the graph last, and refuse what does not go together.
 *
 * @param content - the bytes of all files that the manifest names
 * @throws BundleError when one is malformed, or is of another model than the others
 */
function parseParts(read: ManifestRead, content: ReadonlyMap<string, Uint8Array>): Omit<Bundle, "sha256"> {
  const { manifest, opset } = read;
  const bytes = (name: string) => content.get(name) ?? new Uint8Array();
  const part = <T>(name: string, parse: (bytes: Uint8Array) => T): T | null => {
    const found = content.get(name);
    return found ? parse(found) : null;
  };
  const card = readCard(bytes(CARD));
  const genes = parseGenes(bytes(GENES));
  checkRoles(read, genes);
  const classes = part(CLASSES, parseClasses);
  if (classes) checkLeaves(manifest, classes.leaves.length);
  const profiles = classes && part(PROFILES, (found) => parseProfiles(found, genes, classes));
  const dimensions = outputOf(manifest, "embedding")?.dimensions ?? [];
  const studies = new Set(manifest.studies.map((study) => study.name));
  const types = classes && new Set(classes.names);
  const reference = part(REFERENCE, (found) => parseReference(found, { dimensions, studies, types }));
  const expected = signatureOf({ inputs: manifest.inputs, outputs: manifest.outputs, opset }, genes, classes);
  const golden = part(GOLDEN, (found) => parseGolden(found, genes, expected));
  const graph = bytes(GRAPH);
  checkGraph(graph, expected);
  return { manifest, genes, graph, classes, profiles, reference, golden, card };
}
