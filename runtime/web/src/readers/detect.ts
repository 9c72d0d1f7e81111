/** Which format a file has: by what it holds, whatever its name. */

import { DataError } from "../errors.js";
import { Group, type Hdf5 } from "./hdf5/elements.js";
import { endings, type StoredFile } from "./stored-file.js";
import { joined } from "./text/guarded.js";
import { begins, isGzip, unpacked } from "./text/unpacked.js";

const HDF5_MAGIC = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const [FIRST_USER_BLOCK, LAST_USER_BLOCK] = [512, 1 << 24]; // bytes; HDF5 looks at 0, then here, then at every doubling
const HDF5_NAMES = [".h5ad", ".h5", ".hdf5", ".loom", ".h5mu"];
const TEXT_NAMES = [".csv", ".tsv", ".txt", ".tab"];
const READABLE = ".h5ad, 10x .h5, a 10x matrix folder, .csv and .tsv";
/** What a compressed file begins with that is not unpacked here, and the program that unpacks it. */
const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ["bunzip2", [0x42, 0x5a, 0x68]],
  ["unxz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["unzstd", [0x28, 0xb5, 0x2f, 0xfd]],
];
/** What R begins its data with: as XDR, as ASCII, as .RData of its versions. */
const R_DATA = ["X\n", "A\n", "RDX", "RDA"].map((text) => [...new TextEncoder().encode(text)]);
const R_UNDER_ANOTHER_NAME =
  "is R data, such as a Seurat object, under another name. In R, save its counts as a 10x folder, " +
  "DropletUtils::write10xCounts('counts', SeuratObject::LayerData(object, layer = 'counts')), or save it as .h5ad " +
  "(zellkonverter::writeH5AD), and choose that.";
const R_OBJECT = "save it from R as .h5ad (zellkonverter::writeH5AD) or as a 10x folder";
const SPREADSHEET = "is a spreadsheet, and Excel alters gene names: save the original table as .csv";
const ARCHIVE = "is an archive: unpack it and choose the files inside";
const READS = "holds reads: count them first, for example with STARsolo or Cell Ranger";
const ZARR =
  "is a zarr store, which a page does not read: save it in Python as .h5ad, anndata.read_zarr(path).write_h5ad('one.h5ad')";
export const REMEDIES: Readonly<Record<string, string>> = {
  ".rds": `is an R object: ${R_OBJECT}`,
  ".rdata": "is an R workspace: save the matrix from R as a 10x folder (DropletUtils::write10xCounts)",
  ".h5seurat": "is a Seurat file: convert it in R with SeuratDisk::Convert(file, 'h5ad')",
  ".xlsx": SPREADSHEET,
  ".xls": SPREADSHEET,
  ".tar": ARCHIVE,
  ".tgz": ARCHIVE,
  ".zip": ARCHIVE,
  ".bam": READS,
  ".fastq": READS,
  ".zarr": ZARR,
};

export type FileForm = "hdf5" | "mtx" | "table";

/**
 * What a file is, before it is opened.
 *
 * @throws DataError when it is none that can be read
 */
export async function formOf(file: StoredFile): Promise<FileForm> {
  const { name } = file;
  const start = await file.start(8);
  if (start.length === 0)
    throw new DataError(`${name} cannot be read as data: it is empty (zero bytes). Fetch it again.`);
  const last = endings(name)
    .filter((ending) => ending !== ".gz" && ending !== ".bz2")
    .pop();
  if (last !== undefined && Object.hasOwn(REMEDIES, last)) throw new DataError(`${name} ${REMEDIES[last]}.`);
  const isNamedHdf5 = last !== undefined && HDF5_NAMES.includes(last);
  if (begins(start, HDF5_MAGIC) || (isNamedHdf5 && (await startsAsHdf5(file)))) return "hdf5";
  const content = isGzip(start) ? await unpackedStart(file, isNamedHdf5) : start;
  if (begins(content, HDF5_MAGIC)) return "hdf5"; // that was gzipped
  if (isNamedHdf5) refuseNoHdf5(name, last, content);
  if (last === ".mtx") return "mtx";
  if (last === undefined ? await isText(file) : TEXT_NAMES.includes(last)) return "table";
  throw new DataError(`${name} is of no format that cellfill reads here: ${READABLE}. Convert it to one of these.`);
}

/**
 * Whether an opened file is AnnData or 10x.
 *
 * @throws DataError when it is neither
 */
export function formatOfHdf5({ root }: Hdf5, name: string): "h5ad" | "10x-h5" {
  const keys = root.names();
  if (keys.includes("obs") || keys.includes("var")) return "h5ad";
  if (keys.some((key) => isTenx(root, key))) return "10x-h5";
  if (keys.includes("matrix") && (keys.includes("row_attrs") || keys.includes("col_attrs")))
    throw new DataError(
      `${name} is a loom file, which a page does not read: save it in Python as .h5ad, ` +
        "scanpy.read_loom(path).write_h5ad('one.h5ad').",
    );
  if (keys.includes("mod")) return "h5ad"; // MuData, which is refused there
  throw new DataError(
    `${name} cannot be read: it is HDF5, but neither AnnData nor 10x nor loom (it holds ` +
      `${[...keys].sort().slice(0, 5).join(", ") || "nothing"}). Convert it to one of ${READABLE}.`,
  );
}

function isTenx(root: Group, key: string): boolean {
  const group = root.get(key);
  return group instanceof Group && (group.has("barcodes") || group.has("indptr"));
}

/** Whether a file is HDF5, also one with a user block before it, as MuData has. */
async function startsAsHdf5(file: StoredFile): Promise<boolean> {
  const content = await file.whole();
  for (let place = 0; place < file.size && place <= LAST_USER_BLOCK; place = place * 2 || FIRST_USER_BLOCK) {
    const bytes = new Uint8Array(await content.slice(place, place + HDF5_MAGIC.length).arrayBuffer());
    if (begins(bytes, HDF5_MAGIC)) return true;
  }
  return false;
}

/** Refuse what is named as HDF5, by what it, or what was gzipped, begins with. */
function refuseNoHdf5(name: string, last: string, content: Uint8Array): never {
  if (R_DATA.some((magic) => begins(content, magic))) throw new DataError(`${name} ${R_UNDER_ANOTHER_NAME}`);
  const unpack = PACKED.find(([, magic]) => begins(content, magic))?.[0];
  if (unpack !== undefined)
    throw new DataError(`${name} is compressed, and its rows cannot be had from it: ${unpack} -k ${name}`);
  throw new DataError(
    `${name} cannot be read as ${last}: it is not an HDF5 file. It may be damaged, compressed or another format under ` +
      "this name: fetch it again.",
  );
}

/** What a gzipped file begins with. One that is damaged is said to be so where it must be HDF5, else where it is read. */
async function unpackedStart(file: StoredFile, mustBeSound: boolean): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  try {
    for await (const part of unpacked(file)) {
      start = joined(start, part);
      if (start.length >= HDF5_MAGIC.length) break;
    }
  } catch (error) {
    if (mustBeSound) throw error;
  }
  return start;
}

async function isText(file: StoredFile): Promise<boolean> {
  const start = await file.start(4096);
  return isGzip(start) || begins(start, [0xff, 0xfe]) || begins(start, [0xfe, 0xff]) || !start.includes(0);
}
