"""The parts of an AnnData that are written beside the result: small ones at once, matrices by blocks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.readers.dataset import Dataset
from cellfill.readers.encoding import is_hdf5
from cellfill.writers.blocks import blocks_of
from cellfill.writers.elements import mark, write_element
from cellfill.writers.frames import storable
from cellfill.writers.stored import CsrWriter, DenseWriter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_FRAMES, _MAPPINGS = ("obs", "var"), ("obsm", "varm", "obsp", "varp", "uns")


def write_parts(root: Any, dataset: Dataset, *, without: Collection[str]) -> None:
    """Write everything that a dataset holds, but for some layers, into an empty group."""
    rest = dataset.rest()
    for name in _FRAMES:
        _write(root, name, getattr(rest, name))
    for name in _MAPPINGS:
        _write(root, name, dict(getattr(rest, name)))
    del rest
    _write(root, "layers", {})
    for matrix in dataset.matrices:
        if matrix.layer in without:
            continue
        parent, name = (root, "X") if matrix.layer is None else (root["layers"], matrix.layer)
        if matrix.name == "raw.X":
            parent = root.create_group("raw")
            mark(parent, "raw", "0.1.0")
            _write(parent, "var", matrix.var.frame())
            _write(parent, "varm", dict(dataset.raw_varm()))
        _copy_matrix(matrix.rows, parent, name)


def write_small(group: Any, name: str, value: Any) -> None:
    """Write an element; HDF5 without anndata, which takes longer to import than to impute a small dataset.

    Parameters
    ----------
    group, name
        Where to; there is nothing of that name.
    value
        As `cellfill.writers.elements.write_element` takes it.
    """
    if is_hdf5(group):
        write_element(group, name, value)
        return
    import pandas as pd

    if isinstance(value, list):
        value = pd.Categorical(value, categories=pd.Index(sorted(set(value)), dtype=object))
    _write(group, name, value)


def _write(group: Any, name: str, value: Any) -> None:
    """Write an element with anndata, as every anndata since 0.12 can read it."""
    import anndata
    from anndata.io import write_elem

    with anndata.settings.override(**_nullable_strings(anndata.settings)):
        write_elem(group, name, storable(value))


def _nullable_strings(settings: Any) -> Mapping[str, Any]:
    """Return the setting that lets columns of text that may be absent be written as what they are."""
    return {"allow_write_nullable_strings": True} if hasattr(settings, "allow_write_nullable_strings") else {}


def _copy_matrix(rows: Any, parent: Any, name: str) -> None:
    from scipy import sparse

    writer = matrix_writer(parent, name, shape=rows.shape, dense=not sparse.issparse(rows[0:0]), dtype=rows.dtype)
    for block in blocks_of(rows):
        writer.add(block)
    writer.finish()


def matrix_writer(
    parent: Any, name: str, *, shape: tuple[int, int], dense: bool, dtype: DTypeLike
) -> CsrWriter | DenseWriter:
    """Return what appends blocks to a new matrix of a group."""
    return (DenseWriter if dense else CsrWriter)(parent, name, shape=shape, dtype=dtype)


def gather_metadata(store: Path) -> None:
    """Gather the metadata of a zarr store in one place, as anndata does; where that fails they stay scattered."""
    import zarr

    try:
        zarr.consolidate_metadata(str(store))
    except (ValueError, TypeError, KeyError):  # an element of a form that this zarr does not know
        # What was gathered before would hide what has been added.
        (store / ".zmetadata").unlink(missing_ok=True)
        root = store / "zarr.json"
        if root.is_file():
            said = json.loads(root.read_bytes())
            said.pop("consolidated_metadata", None)
            root.write_text(json.dumps(said), encoding="utf-8")
