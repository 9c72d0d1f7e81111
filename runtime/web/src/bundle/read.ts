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
import type { Bundle, BundleFiles, GeneIndex } from "./types.js";

/** What tells whether a model knows the genes of a dataset: its manifest and its genes, both checked. */
export interface Head extends ManifestRead {
  readonly genes: GeneIndex;
  /** SHA-256 of manifest.json, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Read what tells of a model, and no more: `manifest.json` and `genes.tsv`.
 *
 * @param files - where it is
 * @throws as `readBundle`, of these two files
 */
export async function readHead(files: BundleFiles): Promise<Head> {
  const { read, bytes } = await readManifest(files);
  const content = await readParts(files, read, (name) => name === GENES);
  return { ...read, genes: genesOf(read, content), sha256: await sha256Of(bytes) };
}

/**
 * Read a bundle, of either format.
 *
 * Each file is read once, so that what was hashed is what is used; the small ones come first. Other files are never
 * asked for. Nothing of the bundle is run.
 *
 * @param files - where it is
 * @param head - what was read of it already: its two files are not asked for again, and the others must be those that it
 *   names
 * @throws BundleNotFoundError when there is no bundle there
 * @throws BundleIntegrityError when a file is missing, too large, or not the one that the manifest names
 * @throws BundleVersionError when it was written for another version of cellfill
 * @throws GraphRefusedError when the graph is not what the other files state, or holds what no model needs
 * @throws BundleError when the manifest or another file is malformed
 */
export async function readBundle(files: BundleFiles, head?: Head): Promise<Bundle> {
  if (head) {
    const content = await readParts(files, head, (name) => name !== GENES);
    return { ...parseParts(head, content, head.genes), sha256: head.sha256 };
  }
  const { read, bytes } = await readManifest(files);
  const content = await readParts(files, read, () => true);
  return { ...parseParts(read, content, null), sha256: await sha256Of(bytes) };
}

async function readManifest(files: BundleFiles): Promise<{ read: ManifestRead; bytes: Uint8Array<ArrayBuffer> }> {
  const bytes = await readBounded(files, MANIFEST, mostBytes(MANIFEST));
  if (bytes === null)
    throw new BundleNotFoundError(
      `No model at ${clip(files.where, 200)}: it has no ${MANIFEST}. Choose a bundle's folder.`,
    );
  return { read: parseManifest(bytes), bytes };
}

/** Some of the files that the manifest names, in its order, each the one that it names. */
async function readParts(
  files: BundleFiles,
  { files: names, manifest }: ManifestRead,
  isWanted: (name: string) => boolean,
): Promise<Map<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const name of names.filter(isWanted)) {
    const record = manifest.files.get(name);
    if (record) content.set(name, await readChecked(files, name, record));
  }
  return content;
}

function genesOf(read: ManifestRead, content: ReadonlyMap<string, Uint8Array>): GeneIndex {
  const genes = parseGenes(content.get(GENES) ?? new Uint8Array());
  checkRoles(read, genes);
  return genes;
}

/**
 * Parse the files of a bundle, the graph last, and refuse what does not go together.
 *
 * @param content - the bytes of the files that the manifest names
 * @param known - the genes, where they were read already
 * @throws BundleError when one is malformed, or is of another model than the others
 */
function parseParts(
  read: ManifestRead,
  content: ReadonlyMap<string, Uint8Array>,
  known: GeneIndex | null,
): Omit<Bundle, "sha256"> {
  const { manifest, opset } = read;
  const bytes = (name: string) => content.get(name) ?? new Uint8Array();
  const part = <T>(name: string, parse: (bytes: Uint8Array) => T): T | null => {
    const found = content.get(name);
    return found ? parse(found) : null;
  };
  const card = readCard(bytes(CARD));
  const genes = known ?? genesOf(read, content);
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
