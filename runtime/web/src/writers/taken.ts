/** The names that a dataset has, which results must not take. */

import { Group, openHdf5 } from "../readers/hdf5/elements.js";
import { unpackedHdf5 } from "../readers/hdf5/packed.js";
import type { Dataset } from "../readers/types.js";
import { type TakenNames, takenInObs } from "./stems.js";

const SEEN = new WeakMap<Dataset, Promise<TakenNames>>();

/** Look at what the parts of a dataset hold, once; of its own file only names are read. */
export function takenNames(dataset: Dataset): Promise<TakenNames> {
  const found = SEEN.get(dataset) ?? lookAt(dataset);
  SEEN.set(dataset, found);
  return found;
}

async function lookAt(dataset: Dataset): Promise<TakenNames> {
  const known = takenInObs(dataset.obs.keys());
  const { own } = dataset;
  if (dataset.format !== "h5ad" || !own) return known;
  const file = await unpackedHdf5(own)
    .then((content) => openHdf5(content, own.name))
    .catch(() => null);
  // What HDF5 does not open is written anew, from what the dataset is known to hold.
  if (!file) return known;
  try {
    const names = (part: string) => namesIn(file.root, part);
    return { obs: new Set([...(known.obs ?? []), ...names("obs")]), obsm: names("obsm"), uns: names("uns") };
  } finally {
    file.close();
  }
}

function namesIn(root: Group, part: string): ReadonlySet<string> {
  try {
    const found = root.has(part) ? root.get(part) : null;
    return new Set(found instanceof Group ? found.names() : []);
  } catch {
    // A link that leads nowhere: nothing is added there either.
    return new Set();
  }
}
