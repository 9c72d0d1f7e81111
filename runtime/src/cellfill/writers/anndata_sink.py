"""AnnData, ``.h5ad`` or ``.zarr``: the input as it is, plus the result."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.errors import UsageError
from cellfill.readers.dataset import Dataset
from cellfill.readers.encoding import column_names, is_hdf5
from cellfill.readers.failures import require, silence
from cellfill.readers.hdf5_file import check_hdf5
from cellfill.readers.identity import size_of
from cellfill.readers.zarr_store import open_group
from cellfill.results.named import Layer, Results
from cellfill.writers.check import check_space
from cellfill.writers.elements import mark
from cellfill.writers.packing import stored_bytes
from cellfill.writers.parts import gather_metadata, matrix_writer, write_parts, write_small
from cellfill.writers.place import Place, writing
from cellfill.writers.whole import WholeSink

if TYPE_CHECKING:
    from cellfill.results.named import Values

# Files that could not be written, and what is open in them. On a full disk HDF5 cannot close them, and crashes with
# the next file that it opens or closes, or when they are forgotten: they stay open.
_LOST: list[Any] = []
# Of a value at the least, packed.
_VALUE_BYTES, _SHORT_BYTES = 3, 1


class AnnDataSink(WholeSink):
    """Writes the result as a layer beside everything that the input holds.

    An input of the same format is copied as a file, unread, so that neither its matrices nor its annotation
    pass through memory. From another format matrices are copied by blocks, and the annotation in memory; what of
    it cannot be read is left out then, and said.

    Parameters
    ----------
    output
        The file or store to write; see `cellfill.writers.check_output`.
    form
        Its format.
    dataset
        What was imputed.
    layer
        Names and form of the layers; those of that name are replaced. None where there is no layer.
    overwrite
        Replace what is there.
    """

    def __init__(
        self,
        output: Path,
        *,
        form: Literal["h5ad", "zarr"],
        dataset: Dataset,
        layer: Layer | None,
        overwrite: bool,
    ) -> None:
        if layer is not None and layer.dtype == "float16" and not layer.dense:
            raise UsageError("float16 is for dense results: scipy has no such sparse matrices. Use float32.")
        super().__init__(Place(output), dataset=dataset, overwrite=overwrite, layered=layer is not None)
        self._form, self._root = form, None
        if form == "zarr" or not self._copies:
            require("anndata", extra="h5ad" if form == "h5ad" else "zarr", purpose=f"Writing .{form}")
        try:
            with writing(self._place.target), silence():
                self._check_space(layer)
                self._root = self._begin(() if layer is None else layer.names)
                dataset.unchanged()
                if layer is not None:
                    self._layers = [
                        matrix_writer(
                            self._root["layers"], name, shape=self._shape, dense=layer.dense, dtype=layer.dtype
                        )
                        for name in layer.names
                    ]
        except BaseException:
            self.abort()
            raise

    _root: Any
    _layers: Sequence[Any] = ()
    _reused: int = 0

    @property
    def _shape(self) -> tuple[int, int]:
        return self._dataset.cells, len(self._dataset.var)

    def _check_space(self, layer: Layer | None) -> None:
        """Refuse a disk too small for what is certain to be written: the copy, and values of all cells."""
        source = self._dataset.path
        needed = source.stat().st_size if source is not None and source.is_file() else 0
        needed = needed if self._copies else 0
        if layer is not None and not self._replaces(layer):
            short = layer.rounded or layer.dtype == "float16"
            needed += self._shape[0] * layer.filled * (_SHORT_BYTES if short else _VALUE_BYTES)
        check_space(self._place.target.parent, needed, layered=layer is not None)

    def _replaces(self, layer: Layer) -> bool:
        """Whether a layer of the input gives it its space."""
        return any(matrix.layer in layer.names for matrix in self._dataset.matrices)

    @property
    def _copies(self) -> bool:
        """Whether the input is copied as it is."""
        source = self._dataset.path
        return (
            self._dataset.format == self._form and source is not None and (source.is_dir() or self._form == "h5ad")
        )

    def _begin(self, keys: Sequence[str]) -> Any:
        """Make all but the new layers, and return the opened group."""
        if self._copies:
            assert self._dataset.path is not None
            root = self._copy(self._dataset.path)
        else:
            root = _create(self._place.scratch, self._form)
            write_parts(root, self._dataset, without=keys)
            left_out = self._dataset.left_out()
            self.notes = (f"left out: {', '.join(left_out)}",) if left_out else ()
        mark(root, "anndata", "0.1.0")  # some write it otherwise, or not at all; anndata reads no other
        for name in ("layers", "uns"):
            if name not in root:
                write_small(root, name, {})
        for key in keys:
            if key in root["layers"]:
                self._reused += _space(root["layers"][key])
                del root["layers"][key]  # HDF5 gives its space to what is written next
        return root

    def _copy(self, source: Path) -> Any:
        if self._form == "h5ad":
            import h5py

            shutil.copyfile(source, self._place.scratch)
            file = self._root = h5py.File(self._place.scratch, "r+")
            check_hdf5(file, source)  # nothing is written through a link
            return file
        shutil.copytree(source, self._place.scratch, copy_function=shutil.copyfile)
        return open_group(str(self._place.scratch), mode="r+")

    def add(self, block: Values, *also: Values) -> None:
        """Append a block of cells."""
        with writing(self._place.target):
            if not self._cells:
                of_block, there = sum(map(_bytes_of, (block, *also))), size_of(self._place.scratch)
                self._expect(of_block, cells=block.shape[0], there=there, reused=self._reused)
            for layer, values in zip(self._layers, (block, *also), strict=True):
                layer.add(values)
        self._cells += block.shape[0]

    def _end(self, results: Results) -> None:
        for layer in self._layers:
            layer.finish()
        _annotate(self._root, results)
        if self._form == "h5ad":
            self._root.flush()
            self._root.close()
            self._root = None
        else:
            gather_metadata(self._place.scratch)

    def _close(self) -> None:
        if self._form == "h5ad" and self._root is not None:
            self._root.close()

    def _give_up(self) -> None:
        if self._form == "zarr" or self._root is None:
            self._close()
            return
        _LOST.append((self._root, self._layers))
        os.truncate(self._place.scratch, 0)  # what is open takes space, removed or not


def _space(element: Any) -> int:
    """Return the bytes that an element leaves within its file when it is deleted."""
    if not is_hdf5(element):
        return 0
    if hasattr(element, "shape"):
        return int(element.id.get_storage_size())
    return sum(map(_space, element.values()))


def _bytes_of(block: Values) -> int:
    """Return the bytes of a block in the file, about."""
    if isinstance(block, np.ndarray):
        return stored_bytes(block)
    return stored_bytes(block.data) + stored_bytes(block.indices.astype(np.int32, copy=False))


def _create(scratch: Path, form: Literal["h5ad", "zarr"]) -> Any:
    """Return a new, empty group."""
    if form == "h5ad":
        import h5py

        return h5py.File(scratch, "w")
    import anndata

    zarr = require("zarr", extra="zarr", purpose="Writing .zarr")
    version = getattr(anndata.settings, "zarr_write_format", 2)
    options = {"zarr_format": version} if hasattr(zarr, "AsyncGroup") else {}
    return zarr.open_group(str(scratch), mode="w", **options)


def _annotate(root: Any, results: Results) -> None:
    """Add columns to var and obs, matrices to obsm and the record to uns; what else they hold is not read."""
    for part, name in results.gone:
        if part in root and name in root[part]:
            del root[part][name]
            if part == "obs":
                root[part].attrs["column-order"] = [other for other in column_names(root[part]) if other != name]
    for part, columns in (("var", results.var), ("obs", results.obs)):
        if columns:
            _add_columns(root[part], columns)
    if results.obsm and "obsm" not in root:
        write_small(root, "obsm", {})
    for part, name, value in (
        *(("obsm", name, matrix) for name, matrix in results.obsm.items()),
        ("uns", results.record_name, dict(results.record)),
    ):
        if name in root[part]:
            del root[part][name]
        write_small(root[part], name, value)


def _add_columns(frame: Any, columns: Mapping[str, Any]) -> None:
    order = column_names(frame)
    for name, values in columns.items():
        if name in frame:
            del frame[name]
        write_small(frame, name, values)
    frame.attrs["column-order"] = order + [name for name in columns if name not in order]
