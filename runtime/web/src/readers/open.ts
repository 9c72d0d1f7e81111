/** Open a dataset of any format that is read here, from files that were chosen or dropped. */

import { DataError } from "../errors.js";
import { clip } from "../text/quoting.js";
import { formatOfHdf5, formOf } from "./detect.js";
import { asDataError, reading } from "./failures.js";
import { h5adDataset } from "./h5ad/h5ad.js";
import { openHdf5 } from "./hdf5/elements.js";
import { unpackedHdf5 } from "./hdf5/packed.js";
import { endings, type StoredFile, storedFile } from "./stored-file.js";
import { tableDataset } from "./table/table.js";
import { findMatrices } from "./tenx/mtx-names.js";
import { tenxH5Dataset } from "./tenx/tenx-h5.js";
import { tenxMtxDataset } from "./tenx/tenx-mtx.js";
import type { Dataset } from "./types.js";
import { isZip, zipMembers } from "./zip.js";

const READ = [".h5ad", ".h5", ".hdf5", ".csv", ".tsv", ".txt", ".tab"];

/**
 * Open a dataset; the format is found by the content.
 *
 * `.h5ad` and 10x `.h5` stay in the file (one that is gzipped is unpacked first, as a whole), and cells are read as they are asked for (CSC excepted, which is converted in
 * memory); 10x folders and text are read into memory, sparse, up to `MOST_VALUES` of `bounds.ts`.
 *
 * @param files - one file; or the three of a 10x folder, or all of that folder; or a zip archive of these
 * @throws DataError when it is of no known format, or damaged. Reading cells of it may throw it too
 */
export async function openDataset(files: readonly File[]): Promise<Dataset> {
  const stored = await membersOf(files);
  if (stored.length === 0) throw new DataError("No data: there is no file.");
  const matrices = findMatrices(stored);
  if (matrices.length > 1)
    throw new DataError(
      `${matrices[0].folder.split("/")[0] || "What was chosen"} holds several matrices (${shown(matrices)}): choose one of them, together ` +
        "with the files that name its genes and cells.",
    );
  if (matrices.length === 1) return await tenxMtxDataset(matrices[0], stored);
  return await openFile(theOne(stored), stored);
}

/** The files, those of an archive for the archive. */
async function membersOf(files: readonly File[]): Promise<StoredFile[]> {
  if (files.length !== 1 || endings(files[0].name).pop() !== ".zip" || endings(files[0].name).includes(".zarr"))
    return files.map(storedFile);
  const [archive] = files;
  return await reading(archive.name, "an archive", async () => {
    if (!isZip(new Uint8Array(await archive.slice(0, 4).arrayBuffer()))) throw new Error("it is no zip archive");
    return await zipMembers(archive);
  });
}

/** Of several files the one that may be a dataset. */
function theOne(stored: readonly StoredFile[]): StoredFile {
  if (stored.length === 1) return stored[0];
  const folder = stored[0].folder.split("/")[0];
  const place = folder || "What was chosen";
  if (stored.some(({ name }) => name === ".zgroup" || name === "zarr.json"))
    throw new DataError(
      `${place} is a zarr store, which a page does not read: save it in Python as .h5ad, ` +
        "anndata.read_zarr(path).write_h5ad('one.h5ad').",
    );
  const isNames = /(barcodes|features|genes|cells)\.(tsv|txt|csv)(\.gz)?$/;
  const data = stored.filter(
    ({ name }) => READ.some((ending) => endings(name).includes(ending)) && !isNames.test(name),
  );
  if (data.length === 1) return data[0];
  if (data.length > 1)
    throw new DataError(
      `${data.length} datasets were chosen (${shown(data)}), and one is read at a time: choose one of them.`,
    );
  throw new DataError(
    `${place} is a folder without data: there is no such file in it as matrix.mtx or matrix.mtx.gz (10x). Choose the file ` +
      "or the folder that holds them.",
  );
}

async function openFile(file: StoredFile, beside: readonly StoredFile[]): Promise<Dataset> {
  const form = await reading(file.name, "data", () => formOf(file));
  if (form === "table") return { ...(await tableDataset(file)), own: file };
  if (form === "mtx") return await tenxMtxDataset(file, beside);
  const ending = endings(file.name).filter((one) => one !== ".gz");
  const kind = ending.pop() ?? "HDF5";
  const opened = await reading(file.name, kind, async () => openHdf5(await unpackedHdf5(file), file.name));
  try {
    const format = formatOfHdf5(opened, file.name);
    const dataset = format === "h5ad" ? h5adDataset(opened, file.name) : tenxH5Dataset(opened, file.name);
    return { ...dataset, own: file };
  } catch (error) {
    opened.close();
    throw asDataError(file.name, kind, error);
  }
}

function shown(files: readonly StoredFile[]): string {
  return files
    .slice(0, 3)
    .map(({ path }) => clip(path, 120))
    .join(", ");
}
