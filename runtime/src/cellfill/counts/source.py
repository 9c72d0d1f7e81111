"""Find the counts of a dataset: look at its matrices, choose one, and read counts from it block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.counts.appearance import MOST_COUNT, Kind, Look, look
from cellfill.counts.matrix import counts_wanted, widened
from cellfill.counts.recover import recover
from cellfill.errors import CountsError, DataError
from cellfill.estimates import bounded_layer
from cellfill.genes.feature_kinds import with_types_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.readers.dataset import Dataset, Matrix

# So many cells are looked at, in runs spread over the dataset; every block is checked again when it is read.
SAMPLE_CELLS, _RUN = 2000, 100
# Layers that are counts by their name, in the order in which they are looked at; and those that hold a part of
# the molecules only, which are used when they are asked for.
_COUNT_LAYERS = ("counts", "raw_counts", "raw", "count", "umi", "umis")
_PART_LAYERS = {"spliced", "unspliced", "ambiguous", "mature", "nascent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the counts of a dataset come from, decided.

    Attributes
    ----------
    matrix
        ``X``, a layer, or ``raw.X``.
    kind
        What its values are.
    saw
        One line: what was seen, and why this was chosen.
    columns
        For every gene of the dataset its column in ``matrix``; None where they are the same.
    look
        How the values are turned into counts.
    others
        What else of the dataset can be asked for as a layer.
    """

    matrix: Matrix
    kind: Kind
    saw: str
    columns: NDArray[np.intp] | None
    look: Look
    others: tuple[str, ...] = ()

    def counts(self, rows: slice) -> csr_matrix:
        """Read counts of some cells.

        Returns
        -------
        Cells x the matrix's genes, CSR float32, canonical, without explicit zeros. Shares no memory that it
        changes with the matrix.

        Raises
        ------
        CountsError
            When the values are not what those that were looked at promised.
        """
        block = _read(self.matrix, rows)
        wrong = self._turn_into_counts(block)
        if wrong is not None:
            first = rows.start or 0
            where = f"cells {first:,} to {first + block.shape[0] - 1:,}"
            raise CountsError(
                f"{self.matrix.name} {wrong} in {where}, though elsewhere it {self.look.seen}. "
                f"{counts_wanted(self.others)}."
            )
        return block

    def _turn_into_counts(self, block: csr_matrix) -> str | None:
        """Check the values and replace them, in a block that is ours; return what is wrong with them."""
        values = block.data
        if values.size == 0:
            block.data = values.astype(np.float32)
            return None
        low, high = values.min(), values.max()
        if not (low > 0 and high <= MOST_COUNT):
            return f"holds values from {low:.4g} to {high:.4g}"
        if self.kind in ("counts", "near-counts"):
            if self.kind == "counts" and values.dtype.kind == "f":
                whole = values == np.rint(values)
                if not whole.all():
                    return f"holds fractions (for example {values[~whole][0]:.4g})"
            block.data = values.astype(np.float32, copy=False)
            return None
        found = recover(
            values, block.indptr, form=self.look.form, precision=self.look.precision, step=self.look.step
        )
        if not found.proven.all():
            return f"holds values that are no multiples of counts in {int((~found.proven).sum()):,} cells,"
        if found.counts.max() > MOST_COUNT:
            return "holds more than a cell has molecules"
        block.data = found.counts.astype(np.float32)
        return None


def choose_counts(dataset: Dataset, *, layer: str | None = None) -> Source:
    """Find counts in a dataset, looking at a sample of its cells.

    The layer asked for; or ``X`` where it holds counts; a layer that does, the usual names first; ``raw.X``; and
    last what counts can be had from exactly, in the order ``X``, ``raw.X``, but ``raw.X`` first where it has more
    genes: ``X`` is often cut down to the variable ones, which make no library size.

    Parameters
    ----------
    dataset
        Opened by a reader.
    layer
        The layer that holds the counts, if it is known; ``X``, or ``raw`` where no layer is called that, for
        ``raw.X``. Only the genes of the dataset are shown of ``raw``; all of its genes are read.

    Raises
    ------
    DataError
        When there is no such layer, or ``raw`` has not all genes of the dataset.
    CountsError
        When there are no counts and nothing to have them from; says what was seen.
    """
    if layer is not None:
        matrix = _asked_for(dataset, layer)
        found = _look_at(matrix)
        if found.kind is None:
            raise CountsError(f"{matrix.name} {found.seen}. {counts_wanted(_others(dataset, matrix))}.")
        return _source(dataset, matrix, found, f"{matrix.name} {found.seen}{_turned(found)}; it was asked for")
    return _search(dataset, {matrix.name: matrix for matrix in dataset.matrices})


def _asked_for(dataset: Dataset, layer: str) -> Matrix:
    """Return the matrix that a name stands for: ``X``, a layer, or ``raw`` where no layer has that name."""
    wanted = "X" if layer == "X" else f"layers[{layer!r}]"
    matrix = next((m for m in dataset.matrices if m.name == wanted), None)
    if matrix is not None:
        return matrix
    raw = next((m for m in dataset.matrices if m.name == "raw.X"), None)
    if raw is None or layer not in ("raw", "raw.X"):
        have = ", ".join(_others(dataset, next((m for m in dataset.matrices if m.name == "X"), None))) or "none"
        raise DataError(f"The data have no layer {layer!r}; layers: {have}.")
    if not _has_all_genes(dataset, raw):
        lacks = len(set(dataset.var.index) - set(raw.var.index))
        why = f"lacks {lacks:,} of the {len(dataset.var):,} genes" if lacks else "or the dataset has genes twice"
        raise DataError(
            f"raw {why}, so that its counts cannot be told for every gene of the data: impute raw itself "
            "(adata.raw.to_adata())."
        )
    return raw


def _search(dataset: Dataset, by_name: dict[str, Matrix]) -> Source:
    first = by_name.get("X")
    seen: Look | None = None
    if first is not None:
        seen = _look_at(first)
        if seen.kind in ("counts", "near-counts"):
            return _source(dataset, first, seen, f"X {seen.seen}{_turned(seen)}")
    of_x = "X is absent" if seen is None else f"X {seen.seen}"
    for matrix in (*_layers(dataset), *_raw(dataset, by_name)):
        found = _look_at(matrix)
        if found.kind == "counts":
            return _source(dataset, matrix, found, f"{of_x}; {matrix.name} holds counts: used")
        if matrix.name == "raw.X" and found.kind is not None:
            more = matrix.rows.shape[1] - len(dataset.var)
            alone = seen is None or seen.kind is None
            if alone or more > 0:
                beyond = "" if alone else f", of {more:,} genes more"
                return _source(
                    dataset, matrix, found, f"{of_x}; {matrix.name} {found.seen}{beyond}{_turned(found)}"
                )
    if first is not None and seen is not None and seen.kind is not None:
        return _source(dataset, first, seen, f"{of_x}{_turned(seen)}")
    others = [m.name for m in dataset.matrices if m.name != "X"]
    looked = f", and none of {', '.join(others[:5])} holds counts" if others else ""
    raise CountsError(f"{of_x}{looked}. {counts_wanted(_others(dataset, first))}.")


def _turned(found: Look) -> str:
    """Say what is made of values."""
    if found.kind == "near-counts":
        return ", used as they are"
    if found.kind not in ("log1p-counts", "normalised-counts"):
        return ""
    return ": the counts were recovered exactly, but for a factor that all counts of a cell share, if any do"


def _layers(dataset: Dataset) -> list[Matrix]:
    """Return the layers that may hold all counts, those with a usual name first."""
    layers = [m for m in dataset.matrices if m.name.startswith("layers[") and _layer_name(m) not in _PART_LAYERS]
    there = {_layer_name(m) for m in layers}
    layers = [m for m in layers if bounded_layer(_layer_name(m)) not in there]  # whole numbers, but no counts
    order = {name: place for place, name in enumerate(_COUNT_LAYERS)}
    return sorted(layers, key=lambda m: order.get(_layer_name(m).lower(), len(order)))


def _raw(dataset: Dataset, by_name: dict[str, Matrix]) -> list[Matrix]:
    """Return ``raw.X`` where it has all genes of the dataset."""
    raw = by_name.get("raw.X")
    return [raw] if raw is not None and _has_all_genes(dataset, raw) else []


def _has_all_genes(dataset: Dataset, matrix: Matrix) -> bool:
    return _same_genes(dataset, matrix) or _columns(dataset, matrix) is not None


def _others(dataset: Dataset, matrix: Matrix | None) -> tuple[str, ...]:
    """Return what can be asked for as a layer, but for one matrix: the layers, ``raw``, and last ``X``."""
    name = None if matrix is None else matrix.name  # not the object: its var may have been replaced
    names = {m.name: "X" if m.name == "X" else m.layer or "raw" for m in dataset.matrices if m.name != name}
    return tuple(dict.fromkeys(sorted(names.values(), key=lambda name: name == "X")))


def _layer_name(matrix: Matrix) -> str:
    return matrix.name.removeprefix("layers[").removesuffix("]").strip("'\"")


def _same_genes(dataset: Dataset, matrix: Matrix) -> bool:
    return matrix.var is dataset.var or list(matrix.var.index) == list(dataset.var.index)


def _columns(dataset: Dataset, matrix: Matrix) -> NDArray[np.intp] | None:
    """Return the column of each gene of the dataset, None where it has not got them all, or has one twice."""
    names, wanted = matrix.var.index, dataset.var.index
    place = {name: column for column, name in enumerate(names)}
    if len(place) < len(names) or len(set(wanted)) < len(wanted) or not place.keys() >= set(wanted):
        return None
    return np.array([place[name] for name in wanted], dtype=np.intp)


def _source(dataset: Dataset, matrix: Matrix, found: Look, saw: str) -> Source:
    assert found.kind is not None
    columns = None if _same_genes(dataset, matrix) else _columns(dataset, matrix)
    matrix = replace(matrix, var=with_types_of(matrix.var, dataset.var))
    return Source(
        matrix=matrix, kind=found.kind, saw=saw, columns=columns, look=found, others=_others(dataset, matrix)
    )


def _look_at(matrix: Matrix) -> Look:
    """Read a sample and judge it."""
    from scipy import sparse

    if 0 in matrix.rows.shape:
        raise CountsError(f"{matrix.name} is empty: its shape is {tuple(matrix.rows.shape)} (cells x genes).")
    if matrix.rows.dtype.kind not in "biuf":
        return Look(kind=None, seen=f"holds {matrix.rows.dtype} values, not numbers")
    sample = sparse.vstack([_read(matrix, run) for run in _runs(matrix.rows.shape[0])], format="csr")
    return look(sample, dtype=matrix.rows.dtype)


def _runs(cells: int) -> Iterator[slice]:
    if cells <= SAMPLE_CELLS:
        yield slice(0, cells)
        return
    number = SAMPLE_CELLS // _RUN
    for start in np.linspace(0, cells - _RUN, number).astype(int).tolist():
        yield slice(start, start + _RUN)


def _read(matrix: Matrix, rows: slice) -> csr_matrix:
    """Read some rows as CSR that is canonical, without explicit zeros, and ours to change in its data."""
    from scipy import sparse

    result = sparse.csr_matrix(widened(matrix.rows[rows]))
    if not result.has_canonical_format or not result.data.all():
        result = result.copy()
        result.sum_duplicates()
        result.eliminate_zeros()
    return result
