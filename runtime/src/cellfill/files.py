"""Read and write whole AnnData files; what is written appears whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.errors import DataNotFoundError, OutputError
from cellfill.readers.detect import exists
from cellfill.readers.failures import reading, require, silence
from cellfill.writers.check import check_output as check_any_output
from cellfill.writers.check import check_space
from cellfill.writers.place import Place, writing


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
    if not exists(source) or source.is_dir():
        raise DataNotFoundError(f"No data at {source}: there is no such file.")
    anndata = require("anndata", extra="h5ad", purpose="Reading .h5ad files")
    with reading(source, ".h5ad"), silence():
        return anndata.read_h5ad(source)


def check_output(path: str | Path, *, overwrite: bool) -> None:
    """Refuse a result file that could not be written, before the work begins.

    Raises
    ------
    OutputExistsError
        When it exists and ``overwrite`` is false.
    OutputError
        When its folder does not exist or cannot be written to, or the name does not end in .h5ad.
    """
    if Path(path).suffix != ".h5ad":
        raise OutputError(f"{path} must end in .h5ad: that is the format that is written.")
    check_any_output(path, overwrite=overwrite)


def write_h5ad(adata: Any, path: str | Path, *, overwrite: bool = False) -> None:
    """Write an AnnData to an ``.h5ad`` file, beside its place first, then renamed into it.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    check_output(path, overwrite=overwrite)
    place = Place(Path(path))
    try:
        with writing(place.target):
            check_space(place.target.parent, sum(map(_bytes, (adata.X, *adata.layers.values()))))
            adata.write_h5ad(place.scratch)
            place.commit()
    finally:
        place.discard()


def _bytes(matrix: Any) -> int:
    parts = [getattr(matrix, name, None) for name in ("data", "indices", "indptr")]
    return sum(getattr(part, "nbytes", 0) for part in parts) or getattr(matrix, "nbytes", 0)
