"""AnnData, ``.h5ad`` or ``.zarr``: the input as it is, plus the result."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cellfill.dataset import Dataset
from cellfill.errors import UsageError
from cellfill.readers.failures import require, silence
from cellfill.writers.blocks import blocks_of
from cellfill.writers.check import check_space
from cellfill.writers.elements import write_element
from cellfill.writers.place import Place, writing
from cellfill.writers.sink import Annotations, Dtype
from cellfill.writers.stored import CsrWriter, DenseWriter, is_hdf5
from cellfill.writers.whole import WholeSink

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from cellfill.writers.sink import Block

_PARTS = ("obs", "var", "obsm", "varm", "obsp", "varp", "uns")


class AnnDataSink(WholeSink):
    """Writes the result as a layer beside everything that the input holds.

    An input of the same format is copied as a file, unread, so that neither its matrices nor its annotation
    pass through memory. From another format matrices are copied by blocks, and the annotation in memory; of
    ``raw`` the matrix and var then.

    Parameters
    ----------
    output
        The file or store to write; see `cellfill.writers.check_output`.
    form
        Its format.
    dataset
        What was imputed.
    key
        Name of the layer; one of that name is replaced.
    dense
        Whether the layer is dense.
    dtype
        Of the layer; sparse is float32 always.
    overwrite
        Replace what is there.
    """

    def __init__(
        self,
        output: Path,
        *,
        form: Literal["h5ad", "zarr"],
        dataset: Dataset,
        key: str,
        dense: bool,
        dtype: Dtype,
        overwrite: bool,
    ) -> None:
        if dtype == "float16" and not dense:
            raise UsageError("float16 is for dense results: scipy has no such sparse matrices. Use float32.")
        super().__init__(Place(output), dataset=dataset, overwrite=overwrite)
        self._form, self._root = form, None
        if form == "zarr" or not self._copies:
            require("anndata", extra="h5ad" if form == "h5ad" else "zarr", purpose=f"Writing .{form}")
        try:
            with writing(self._place.target), silence():
                self._check_space(dense=dense, dtype=dtype)
                self._root = self._begin(key)
                dataset.unchanged()
                self._layer = _matrix_writer(self._root["layers"], key, shape=self._shape, dense=dense, dtype=dtype)
        except BaseException:
            self.abort()
            raise

    _root: Any

    @property
    def _shape(self) -> tuple[int, int]:
        return self._dataset.cells, len(self._dataset.var)

    def _check_space(self, *, dense: bool, dtype: Dtype) -> None:
        """Refuse a disk too small for what is certain to be written: the copy, and a dense layer."""
        source = self._dataset.path
        needed = source.stat().st_size if source is not None and source.is_file() else 0
        needed = needed if self._copies else 0
        if dense:
            needed += self._shape[0] * self._shape[1] * (2 if dtype == "float16" else 4)
        check_space(self._place.target.parent, needed)

    @property
    def _copies(self) -> bool:
        """Whether the input is copied as it is."""
        source = self._dataset.path
        return (
            self._dataset.format == self._form and source is not None and (source.is_dir() or self._form == "h5ad")
        )

    def _begin(self, key: str) -> Any:
        """Make all but the new layer, and return the opened group."""
        if self._copies:
            assert self._dataset.path is not None
            root = self._copy(self._dataset.path)
        else:
            root = _create(self._place.scratch, self._form)
            _write_parts(root, self._dataset, without=key)
        for name in ("layers", "uns"):
            if name not in root:
                _write(root, name, {})
        if key in root["layers"]:
            del root["layers"][key]  # HDF5 gives its space to what is written next
        return root

    def _copy(self, source: Path) -> Any:
        if self._form == "h5ad":
            import h5py

            shutil.copyfile(source, self._place.scratch)
            return h5py.File(self._place.scratch, "r+")
        import zarr

        shutil.copytree(source, self._place.scratch, copy_function=shutil.copyfile)
        # Gathered metadata of the source would hide what is added; they are gathered again at the end.
        options: dict[str, Any] = {"use_consolidated": False} if _zarr_major() >= 3 else {}
        return zarr.open_group(str(self._place.scratch), mode="r+", **options)

    def add(self, block: Block) -> None:
        """Append a block of cells."""
        with writing(self._place.target):
            self._layer.add(block)
        self._cells += block.shape[0]

    def _end(self, annotations: Annotations) -> None:
        self._layer.finish()
        _annotate(self._root, annotations)
        if self._form == "h5ad":
            self._root.close()
        else:
            import zarr

            zarr.consolidate_metadata(str(self._place.scratch))

    def _close(self) -> None:
        if self._form == "h5ad" and self._root is not None:
            self._root.close()


def _zarr_major() -> int:
    import zarr

    return int(zarr.__version__.split(".")[0])


def _create(scratch: Path, form: Literal["h5ad", "zarr"]) -> Any:
    """Return a new, empty group."""
    root: Any
    if form == "h5ad":
        import h5py

        root = h5py.File(scratch, "w")
    else:
        import anndata

        zarr = require("zarr", extra="zarr", purpose="Writing .zarr")
        version = getattr(anndata.settings, "zarr_write_format", 2)
        options = {"zarr_format": version} if _zarr_major() >= 3 else {}
        root = zarr.open_group(str(scratch), mode="w", **options)
    root.attrs["encoding-type"], root.attrs["encoding-version"] = "anndata", "0.1.0"
    return root


def _write_parts(root: Any, dataset: Dataset, *, without: str) -> None:
    """Write everything that a dataset holds, but for one layer."""
    from anndata.io import write_elem

    rest = dataset.rest()
    for name in _PARTS:
        part = getattr(rest, name)
        write_elem(root, name, part if name in ("obs", "var") else dict(part))
    del rest
    write_elem(root, "layers", {})
    for matrix in dataset.matrices:
        if matrix.layer == without:
            continue
        parent, name = (root, "X") if matrix.layer is None else (root["layers"], matrix.layer)
        if matrix.name == "raw.X":
            parent = root.create_group("raw")
            parent.attrs["encoding-type"], parent.attrs["encoding-version"] = "raw", "0.1.0"
            write_elem(parent, "var", matrix.var.frame())
            write_elem(parent, "varm", {})
        _copy_matrix(matrix.rows, parent, name)


def _copy_matrix(rows: Any, parent: Any, name: str) -> None:
    from scipy import sparse

    writer = _matrix_writer(parent, name, shape=rows.shape, dense=not sparse.issparse(rows[0:0]), dtype=rows.dtype)
    for block in blocks_of(rows):
        writer.add(block)
    writer.finish()


def _matrix_writer(
    parent: Any, name: str, *, shape: tuple[int, int], dense: bool, dtype: DTypeLike
) -> CsrWriter | DenseWriter:
    return (DenseWriter if dense else CsrWriter)(parent, name, shape=shape, dtype=dtype)


def _annotate(root: Any, annotations: Annotations) -> None:
    """Add columns to var, and the record to uns; what else they hold is not read."""
    var, uns = root["var"], root["uns"]
    order = [str(name) for name in var.attrs["column-order"]]
    for name, values in annotations.var.items():
        if name in var:
            del var[name]
        _write(var, name, values)
    var.attrs["column-order"] = order + [name for name in annotations.var if name not in order]
    if annotations.record_name in uns:
        del uns[annotations.record_name]
    _write(uns, annotations.record_name, dict(annotations.record))


def _write(group: Any, name: str, value: Any) -> None:
    """Write an element; HDF5 without anndata, which takes longer to import than to impute a small dataset."""
    if is_hdf5(group):
        write_element(group, name, value)
        return
    import pandas as pd
    from anndata.io import write_elem

    write_elem(group, name, pd.Categorical(value) if isinstance(value, list) else value)
