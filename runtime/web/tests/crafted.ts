/** AnnData files that tests make as they need them. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Group, File as Hdf5File, ready } from "h5wasm";

/** Add an X that is sparse. */
export function addCsr(parent: Group, shape: number[], data: number[], indices: number[], indptr: number[]): void {
  const x = parent.create_group("X");
  x.create_attribute("encoding-type", "csr_matrix");
  x.create_attribute("shape", Int32Array.from(shape));
  x.create_dataset({ name: "data", data: Float32Array.from(data) });
  x.create_dataset({ name: "indices", data: Int32Array.from(indices) });
  x.create_dataset({ name: "indptr", data: Int32Array.from(indptr) });
}

/** A small AnnData file, changed while it is written. */
export async function crafted(change: (root: Hdf5File) => void): Promise<File> {
  await ready;
  const folder = mkdtempSync(join(tmpdir(), "cellfill-test-"));
  try {
    const root = new Hdf5File(join(folder, "in.h5ad"), "w");
    for (const [frame, names] of Object.entries({ obs: ["a", "b"], var: ["CD3D", "LYZ", "MS4A1"] })) {
      const group = root.create_group(frame);
      group.create_attribute("encoding-type", "dataframe");
      group.create_attribute("_index", "_index");
      group.create_dataset({ name: "_index", data: names });
    }
    addCsr(root, [2, 3], [1, 2, 3], [0, 2, 1], [0, 2, 3]);
    change(root);
    root.close();
    return new File([readFileSync(join(folder, "in.h5ad"))], "in.h5ad");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
