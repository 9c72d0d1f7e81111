"""Read and write AnnData files; what is written appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

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
    if not source.is_file():
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
    if target.is_dir():
        raise OutputError(f"{target} is a folder. Name a file.")
    if target.exists() and not overwrite:
        raise OutputExistsError(f"{target} exists. Choose another name, or replace it with --force.")
    if not target.parent.is_dir():
        raise OutputError(f"{target.parent} is not a folder. Make it first: mkdir -p {target.parent}")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} cannot be written to. Choose another folder.")


def write_h5ad(adata: Any, path: str | Path, *, overwrite: bool = False) -> None:
    """Write an AnnData to an ``.h5ad`` file, beside its place first, then renamed into it.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    target = Path(path)
    check_output(target, overwrite=overwrite)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.", suffix=".h5ad")
    os.close(handle)
    scratch = Path(name)
    try:
        adata.write_h5ad(scratch)
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)  # mkstemp makes private files
        scratch.replace(target)
    except MemoryError:
        raise
    except Exception as error:  # h5py and anndata raise many kinds
        reason = " ".join(str(error).split())[:300]
        raise OutputError(f"{target} could not be written: {reason}") from error
    finally:
        scratch.unlink(missing_ok=True)
