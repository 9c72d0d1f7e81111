"""What every reader gives: the matrices of a dataset, row by row, and the names of its genes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.genes.table import GeneTable
    from cellfill.readers.remote import Remote

Format = Literal["anndata", "h5ad", "zarr", "10x-h5", "10x-mtx", "loom", "table"]


class Rows(Protocol):
    """A cells x genes matrix of which a block of rows can be had at a time, from memory or from a file."""

    @property
    def shape(self) -> tuple[int, int]:
        """Cells x genes."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""

    def __getitem__(self, rows: slice, /) -> csr_matrix | NDArray[Any]:
        """Return some rows, as they are stored, CSR or dense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """One matrix of a dataset.

    Attributes
    ----------
    name
        As a message names it: ``X``, ``layers['counts']``, ``raw.X``.
    rows
        The values, cells x the genes of ``var``.
    var
        The genes of the columns. Those of the dataset, except for ``raw.X``, which has its own.
    layer
        The key of ``layers``; None for ``X`` and ``raw.X``.
    """

    name: str
    rows: Rows
    var: GeneTable
    layer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Cells x genes, opened; nothing but names has been read.

    Attributes
    ----------
    cells
        Number of cells.
    var
        The dataset's genes; the result has these columns.
    matrices
        ``X`` first, then the layers, then ``raw.X``, as far as there are any.
    dense
        Whether ``X`` is stored dense, so that the result is, too. Formats that have no sparse form (loom, text)
        count as sparse: what they hold is mostly zeros.
    format
        Where it came from.
    path
        The file or folder; None for an AnnData in memory, and for what is at a URL.
    cell_names
        Returns the names of the cells, an array of str.
    uns
        Returns one entry of the unstructured annotation, or None where there is none of that name.
    obs
        Returns what is known of the cells, a pandas data frame with one row a cell.
    rest
        Returns everything but the matrices as an AnnData in memory (obs, var, obsm, uns, ...); for writers.
    obsm_names
        Returns the names of the matrices of obsm.
    obs_columns
        Returns the names of the columns of ``obs``, that of its index too, where they are known without reading it:
        that imports anndata, which takes longer than naming 2,000 cells.
    held
        Returns a column of obs or a matrix of obsm, by part and name; None where there is none, or none that can be
        read.
    raw_varm
        Returns what ``raw.varm`` holds; for writers.
    left_out
        Returns what of ``rest`` could not be read, and why, once that was asked for.
    close
        Gives back the file.
    notes
        What a person should know of how it was read, a sentence each: which axis held the genes, and the like.
    unchanged
        Raises DataError where its files are no longer those that were opened; of what is in memory it does nothing.
    remote
        The URL that it is read from; None for none.
    """

    cells: int
    var: GeneTable
    matrices: tuple[Matrix, ...]
    dense: bool
    format: Format
    path: Path | None
    cell_names: Callable[[], NDArray[Any]]
    uns: Callable[[str], Any]
    obs: Callable[[], Any]
    rest: Callable[[], Any]
    close: Callable[[], None]
    obsm_names: Callable[[], tuple[str, ...]] = tuple
    obs_columns: Callable[[], tuple[str, ...]] | None = None
    held: Callable[[str, str], Any] = lambda _part, _name: None
    raw_varm: Callable[[], Mapping[str, Any]] = dict
    left_out: Callable[[], tuple[str, ...]] = tuple
    notes: tuple[str, ...] = ()
    unchanged: Callable[[], None] = lambda: None
    remote: Remote | None = None
