"""Which format a file or folder has: by what it holds, whatever its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.dataset import Format
from cellfill.errors import DataError, DataNotFoundError
from cellfill.readers.failures import reading, require

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_GZIP_MAGIC, _ZIP_MAGIC, _UTF_16 = b"\x1f\x8b", b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_HDF5_NAMES = {".h5ad", ".h5", ".hdf5", ".loom"}
_TEXT_NAMES = {".csv", ".tsv", ".txt", ".tab"}
_READABLE = ".h5ad, .zarr, 10x .h5, a 10x matrix folder, .loom, .csv and .tsv"
_REMEDIES = {
    ".rds": "is an R object: save it from R as .h5ad (zellkonverter::writeH5AD) or as a 10x folder",
    ".rdata": "is an R workspace: save the matrix from R as a 10x folder (DropletUtils::write10xCounts)",
    ".h5seurat": "is a Seurat file: convert it in R with SeuratDisk::Convert(file, 'h5ad')",
    ".xlsx": "is a spreadsheet, and Excel alters gene names: save the original table as .csv",
    ".xls": "is a spreadsheet, and Excel alters gene names: save the original table as .csv",
    ".tar": "is an archive: unpack it and name the folder or file inside",
    ".tgz": "is an archive: unpack it and name the folder or file inside",
    ".zip": "is an archive: unpack it and name the folder or file inside",
    ".bam": "holds reads: count them first, for example with STARsolo or Cell Ranger",
    ".fastq": "holds reads: count them first, for example with STARsolo or Cell Ranger",
}


def exists(path: Path) -> bool:
    """Return whether something is there; a name that the system does not take names nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def detect(path: Path) -> Format:
    """Return the format of a file or folder.

    Raises
    ------
    DataNotFoundError
        When there is nothing.
    DataError
        When it is none that can be read.
    """
    if not exists(path):
        raise DataNotFoundError(f"No data at {path}: there is no such file.")
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder: it cannot be read.")
    with reading(path, "data"), path.open("rb") as file:
        start = file.read(8)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not start:
        raise DataError(f"{path} cannot be read as data: it is empty (zero bytes). Fetch it again.")
    plain = [suffix for suffix in suffixes if suffix not in (".gz", ".bz2")]
    last = plain[-1] if plain else ""
    if last == ".zip" and ".zarr" in plain and start.startswith(_ZIP_MAGIC):
        return "zarr"
    if last in _REMEDIES:
        raise DataError(f"{path} {_REMEDIES[last]}.")
    if start == _HDF5_MAGIC:
        return _of_hdf5(path)
    if last in _HDF5_NAMES:
        raise DataError(
            f"{path} cannot be read as {last}: it is not an HDF5 file. It may be damaged, compressed or another "
            "format under this name: fetch it again."
        )
    if last == ".mtx":
        return "10x-mtx"
    if last in _TEXT_NAMES or (not last and _is_text(path)):
        return "table"
    raise DataError(f"{path} is of no format that cellfill reads: {_READABLE}. Convert it to one of these.")


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4096)
    return start.startswith((_GZIP_MAGIC, *_UTF_16)) or b"\0" not in start


def _of_folder(path: Path) -> Format:
    if any((path / name).is_file() for name in (".zgroup", "zarr.json")):
        return "zarr"
    if any(find_matrices(path)):
        return "10x-mtx"
    inner = next(
        (folder for folder in sorted(path.iterdir()) if folder.is_dir() and any(find_matrices(folder))), None
    )
    hint = "" if inner is None else f" Its folder {inner.name} has some: name that."
    raise DataError(
        f"{path} is a folder without data: there is no such file in it as matrix.mtx or matrix.mtx.gz (10x), "
        f".zgroup or zarr.json (zarr). Name the file or the folder that holds them.{hint}"
    )


def find_matrices(folder: Path) -> list[Path]:
    """Return the matrices of a folder, gzipped or not: each ``matrix.mtx``, or what else ends in ``.mtx``."""
    found = [file for file in folder.iterdir() if file.name.endswith((".mtx", ".mtx.gz")) and file.is_file()]
    return sorted([file for file in found if file.name.endswith(("matrix.mtx", "matrix.mtx.gz"))] or found)


def _of_hdf5(path: Path) -> Format:
    h5py = require("h5py", extra="h5ad", purpose="Reading HDF5 files (.h5ad, .h5, .loom)")
    with reading(path, path.suffix.lower() or "HDF5"), h5py.File(path, "r") as file:
        keys = set(file)
        if {"obs", "var"} & keys:
            return "h5ad"
        if _is_10x(file, keys):
            return "10x-h5"
        if "matrix" in keys and {"row_attrs", "col_attrs"} & keys:
            return "loom"
    held = ", ".join(sorted(keys)[:5]) or "nothing"
    raise DataError(
        f"{path} cannot be read: it is HDF5, but neither AnnData nor 10x nor loom (it holds {held}). "
        f"Convert it to one of {_READABLE}."
    )


def _is_10x(file: Any, keys: set[str]) -> bool:
    groups = [file[key] for key in keys]
    return any(hasattr(group, "keys") and {"barcodes", "indptr"} & set(group) for group in groups)
