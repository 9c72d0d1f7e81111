"""Read and write AnnData files; what is written appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import warnings
from pathlib import Path
from typing import Any, Literal

from cellfill.errors import (
    DataError,
    DataNotFoundError,
    MissingDependencyError,
    OutputError,
    OutputExistsError,
)


def read_h5ad(path: str | Path) -> Any:
    """Read an ``.h5ad`` file into memory.

    Raises
    ------
    DataNotFoundError
        When there is no such file.
    DataError
        When it is not an AnnData file, or damaged.
    MissingDependencyError
        When anndata is not installed.
    """
    source = Path(path)
    if not _exists(source, kind="file"):
        raise DataNotFoundError(f"No data at {source}: there is no such file.")
    try:
        import anndata
    except ImportError as error:
        raise MissingDependencyError("Reading .h5ad files needs anndata: pip install 'cellfill[h5ad]'.") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # duplicated names are reported by the alignment
            return anndata.read_h5ad(source)
    except MemoryError:
        raise
    except Exception as error:  # h5py and anndata raise many kinds for a damaged file
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{source} cannot be read as .h5ad: {reason[:200]}") from error


def check_output(path: str | Path, *, overwrite: bool) -> None:
    """Refuse a result file that could not be written, before the work begins.

    Raises
    ------
    OutputExistsError
        When it exists and ``overwrite`` is false.
    OutputError
        When its folder does not exist or cannot be written to, or the name does not end in .h5ad.
    """
    target = Path(path)
    if target.suffix != ".h5ad":
        raise OutputError(f"{target} must end in .h5ad: that is the format that is written.")
    if _exists(target, kind="dir"):
        raise OutputError(f"{target} is a folder. Name a file.")
    if _exists(target) and not overwrite:
        raise OutputExistsError(f"{target} exists. Choose another name, or replace it with --force.")
    if not _exists(target.parent, kind="dir"):
        raise OutputError(f"{target.parent} is not a folder. Make it first: mkdir -p {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} cannot be written to. Choose another folder.")


def _exists(path: Path, *, kind: Literal["any", "file", "dir"] = "any") -> bool:
    """Return whether something is there; a name that the system does not take names nothing."""
    try:
        return {"any": path.exists, "file": path.is_file, "dir": path.is_dir}[kind]()
    except OSError:
        return False


def write_h5ad(adata: Any, path: str | Path, *, overwrite: bool = False) -> None:
    """Write an AnnData to an ``.h5ad`` file, beside its place first, then renamed into it.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    check_output(path, overwrite=overwrite)
    target = Path(path).resolve()  # where the path is a link, what it names is replaced
    scratch = target.parent / f".cellfill-{os.getpid()}-{secrets.token_hex(4)}.h5ad"
    try:
        _check_space(adata, target.parent)
        adata.write_h5ad(scratch)
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        scratch.replace(target)
    except (MemoryError, OutputError):
        raise
    except Exception as error:  # h5py and anndata raise many kinds
        reason = " ".join(str(error).split())[:300]
        raise OutputError(f"{target} could not be written: {reason}") from error
    finally:
        scratch.unlink(missing_ok=True)


def _check_space(adata: Any, folder: Path) -> None:
    """Refuse a disk that the matrices alone would fill."""
    import shutil

    needed = sum(_bytes(matrix) for matrix in (adata.X, *adata.layers.values()))
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(f"{folder} has {free / 1e6:,.0f} MB free; the result needs {needed / 1e6:,.0f} MB.")


def _bytes(matrix: Any) -> int:
    parts = [getattr(matrix, name, None) for name in ("data", "indices", "indptr")]
    return sum(getattr(part, "nbytes", 0) for part in parts) or getattr(matrix, "nbytes", 0)
