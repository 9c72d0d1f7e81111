"""AnnData of versions before 0.7, and SeuratDisk's and others' of that time: read into memory, by anndata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cellfill.errors import DataError
from cellfill.readers.annotation import Annotation
from cellfill.readers.dataset import Dataset
from cellfill.readers.encoding import children, encoding_type, is_group, is_hdf5
from cellfill.readers.failures import require, silence
from cellfill.readers.memory import dataset_of
from cellfill.readers.mudata import refuse_mudata
from cellfill.readers.remote import Remote, Source, local_path

_MAPPINGS = ("layers", "obsm", "varm", "obsp", "varp", "uns")
_CATEGORIES = "_categories"


def is_old(root: Any) -> bool:
    """Return whether a file or store is of a time before elements said how they are encoded."""
    held = children(root)
    frames = [root[part] for part in ("obs", "var") if part in held]
    if any(not is_group(frame) or "_index" not in frame.attrs for frame in frames):
        return True
    return "X" in held and is_group(root["X"]) and not encoding_type(root["X"])


def old_dataset(root: Any, *, path: Source, kind: str) -> Dataset:
    """Return the dataset of an opened file or store of that time; `Dataset.left_out` says what cannot be read.

    Raises
    ------
    Exception
        Whatever libraries raise, where obs, var or the matrices cannot be read.
    """
    anndata = require("anndata", extra="h5ad", purpose=f"Reading {kind} of old versions")
    refuse_mudata(root, path)
    with silence():
        if is_hdf5(root):
            if isinstance(path, Remote):
                raise DataError(
                    f"{path} was written by anndata before 0.7, or as it was then, and is read whole: fetch it "
                    "first, and give the file."
                )
            return dataset_of(anndata.read_h5ad(path), path=path)
        adata, left_out = _in_parts(root)
        return dataset_of(adata, path=local_path(path), left_out=left_out)


def _in_parts(root: Any) -> tuple[Any, tuple[str, ...]]:
    """Return an AnnData of what can be read of a store, and what cannot."""
    import anndata
    from anndata.io import read_elem

    held, parts = children(root), Annotation(root)
    frames = {part: _frame(root[part]) for part in ("obs", "var")}
    rest = {part: parts.mapping(root, part) for part in _MAPPINGS}
    _categorise(frames.values(), rest["uns"])
    adata = anndata.AnnData(X=read_elem(root["X"]) if "X" in held else None, **frames, **rest)
    if {"raw.X", "raw.var"} <= set(held):
        var = _frame(root["raw.var"])
        _categorise([var], parts.mapping(root, "raw.cat"))
        raw = anndata.AnnData(read_elem(root["raw.X"]), var=var, obs=adata.obs[[]])
        raw.varm.update(parts.mapping(root, "raw.varm"))
        adata.raw = raw
    return adata, tuple(parts.left_out)


def _frame(element: Any) -> Any:
    """Return a data frame that is one array of records, of which the first field is the names."""
    import pandas as pd
    from anndata.io import read_elem

    if is_group(element):
        return read_elem(element)
    values = element[()]
    if values.dtype.names is None:
        raise ValueError(
            f"{element.name} holds bare numbers or text, not a table; anndata writes a column without a name so, "
            "over all others"
        )
    columns = {}
    for name in values.dtype.names:
        column = values[name]
        is_bytes = column.dtype.kind == "S"
        columns[name] = [v.decode() for v in column.tolist()] if is_bytes else column
        if column.dtype.kind == "U":
            columns[name] = column.astype(object)
    frame = pd.DataFrame(columns)
    frame = frame.set_index(frame.columns[0])
    frame.index.name = None if frame.index.name == "index" else frame.index.name
    return frame


def _categorise(frames: Iterable[Any], names: dict[str, Any]) -> None:
    """Give columns of codes their categories, and take these from what was beside the data frames."""
    import pandas as pd

    for key in [key for key in names if key.endswith(_CATEGORIES)]:
        column = key.removesuffix(_CATEGORIES)
        for frame in frames:
            if column in frame and frame[column].dtype.kind in "iu":
                frame[column] = pd.Categorical.from_codes(frame[column].to_numpy(), list(names[key]))
                names.pop(key, None)
                break
