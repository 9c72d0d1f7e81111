"""Which format a file or folder has: by what it holds, whatever its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.bundle.safe_file import exists
from cellfill.errors import DataError, DataNotFoundError
from cellfill.readers.dataset import Format
from cellfill.readers.failures import reading, require
from cellfill.readers.hdf5_file import HDF5_MAGIC, check_hdf5, starts_as_hdf5

_GZIP_MAGIC, _ZIP_MAGIC, _UTF_16 = b"\x1f\x8b", b"PK\x03\x04", (b"\xff\xfe", b"\xfe\xff")
_HDF5_NAMES = {".h5ad", ".h5", ".hdf5", ".loom", ".h5mu"}
# What a compressed file begins with, and the program that unpacks it.
_PACKED = {_GZIP_MAGIC: "gunzip", b"BZh": "bunzip2", b"\xfd7zXZ": "unxz", b"\x28\xb5\x2f\xfd": "unzstd"}
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
    if start == HDF5_MAGIC or (last in _HDF5_NAMES and starts_as_hdf5(path)):
        return _of_hdf5(path)
    unpack = next((program for magic, program in _PACKED.items() if start.startswith(magic)), None)
    if unpack is not None and (last in _HDF5_NAMES or (unpack == "gunzip" and _unpacked(path) == HDF5_MAGIC)):
        raise DataError(f"{path} is compressed, and its rows cannot be had from it: {unpack} -k {path}")
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


def _unpacked(path: Path) -> bytes:
    """Return what a gzipped file begins with; nothing where it is damaged."""
    import gzip
    import zlib

    try:
        with gzip.open(path, "rb") as file:
            return file.read(len(HDF5_MAGIC))
    except (OSError, EOFError, zlib.error):
        return b""


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
        check_hdf5(file, path)  # what it needs may lie in another file
    held = ", ".join(sorted(keys)[:5]) or "nothing"
    raise DataError(
        f"{path} cannot be read: it is HDF5, but neither AnnData nor 10x nor loom (it holds {held}). "
        f"Convert it to one of {_READABLE}."
    )


def _is_10x(file: Any, keys: set[str]) -> bool:
    links = {key: file.get(key, getlink=True) for key in keys}
    groups = [file[key] for key, link in links.items() if type(link).__name__ == "HardLink"]
    return any(hasattr(group, "keys") and {"barcodes", "indptr"} & set(group) for group in groups)
