"""Read a study from a file of any format, its counts found where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import is_gene_name
from cellfill.counts.matrix import counts_wanted
from cellfill.counts.source import choose_counts
from cellfill.errors import CountsError
from cellfill.genes.names import expression_columns, name_columns
from cellfill.readers import open_dataset
from cellfill_training.studies.blocks import detected_genes
from cellfill_training.studies.stored import StoredCounts
from cellfill_training.studies.study import Place, Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.counts.source import Source
    from cellfill_training.studies.blocks import Counts

_READ = 2048  # cells at a time, of what is to stay on disk
_MOST_SOURCE = 1000  # characters of a file's own description that the card quotes


def read_study(
    path: str | Path,
    *,
    name: str | None = None,
    layer: str | None = None,
    source: str = "",
    licence: str = "",
    on_disk: str | Path | None = None,
) -> Study:
    """Read a study from a file or folder of any format that cellfill reads.

    Parameters
    ----------
    path
        The file or folder.
    name
        What to call the study; by default the file's name without its suffix.
    layer
        Where the raw counts are: a layer, ``X``, or ``raw`` for ``raw.X`` with all of its genes. By default they
        are found as `cellfill.impute` finds them.
    source, licence
        For the card; the source by default as the file says it.
    on_disk
        A folder in which the counts are kept, in temporary files, instead of in memory; so is all that a training
        makes of them. They take 8 bytes a count that is not 0, two or three times over.

    Raises
    ------
    DataNotFoundError, DataError, CountsError
        When the file is absent, unreadable, or does not hold raw counts, whole ones: of counts that had ambient RNA
        taken off none can be thinned.
    """
    with closing(open_dataset(path)) as dataset:
        try:
            found = choose_counts(dataset, layer=layer)
            if found.kind == "near-counts":
                raise CountsError(
                    f"{found.matrix.name} {found.look.seen}, and a model is trained on whole counts. "
                    f"{counts_wanted(found.others)}."
                )
            var = found.matrix.var
            names = name_columns(var.index, var)
            expression = expression_columns(var)
            columns = None if expression is None else np.flatnonzero(expression)
            counts = _read(found, columns, cells=dataset.cells, on_disk=on_disk)
        except CountsError as error:
            raise CountsError(f"{path}: {error}") from error
        told = dataset.uns("source")
        dataset.unchanged()
    if expression is not None:
        names = [[n for n, e in zip(column, expression, strict=True) if e] for column in names]
    return Study(
        name=name or Path(path).stem,
        counts=counts,
        gene_names=tuple(tuple(column) for column in names),
        source=source or _as_text(told)[:_MOST_SOURCE],
        licence=licence,
        saw="" if (found.matrix.name, found.kind) == ("X", "counts") else found.saw,
        left_out=tuple(_left_out(names, expression)),
        place=Place(file=str(path), layer=layer or ""),
    )


def _as_text(told: object) -> str:
    """Return a file's own description as a line of text: of a mapping its keys and values."""
    if isinstance(told, Mapping):
        return "; ".join(f"{key}: {_as_text(value)}" for key, value in told.items())
    text = "" if told is None else str(told)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _left_out(names: Sequence[Sequence[str]], expression: list[bool] | None) -> Iterator[str]:
    """Yield what of a file's columns teaches nothing: what is no gene, and what no gene index can name."""
    if expression is not None and not all(expression):
        yield f"{expression.count(False):,} of {len(expression):,} columns are no genes (antibodies, say): left out"
    nameless = sum(not any(map(is_gene_name, column)) for column in zip(*names, strict=True))
    if nameless:
        yield f"{nameless:,} columns have no name that can stand for a gene: left out"


def _read(found: Source, columns: NDArray[np.intp] | None, *, cells: int, on_disk: str | Path | None) -> Counts:
    """Read all counts into memory, or copy them to disk block by block."""
    width = found.matrix.rows.shape[1] if columns is None else len(columns)

    def block(rows: slice) -> csr_matrix:
        counts = found.counts(rows)
        return counts if columns is None else counts[:, columns]

    counts: Counts
    if on_disk is None:
        counts = block(slice(0, cells))
    else:
        blocks = (block(slice(start, min(start + _READ, cells))) for start in range(0, cells, _READ))
        counts = StoredCounts(Path(on_disk), blocks, width)
    if not detected_genes(counts).any():
        raise CountsError(f"{found.matrix.name} holds only zeros: there is nothing to train on.")
    return counts
