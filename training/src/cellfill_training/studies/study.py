"""A study as it was read: counts, the names of its genes, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.studies.blocks import detected_genes, take_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a study was read: its file, the layer that a person named, and the column and value of its cells."""

    file: str
    layer: str = ""
    cells: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study as it was read.

    Attributes
    ----------
    name
        What the manifest and the card call it.
    counts
        Raw counts, cells x genes, CSR; or `StoredCounts`, of a study to train on.
    gene_names
        One or more spellings of every column, see `cellfill.genes.align.align`.
    source, licence
        Where the data are from and on what terms; free text for the card.
    saw
        Where in its file the counts were, and what they looked like; empty for counts in X.
    left_out
        What of the file is not in the study, a line each.
    place
        Where it was read; None for one that was made in memory.
    """

    name: str
    counts: csr_matrix
    gene_names: tuple[tuple[str, ...], ...]
    source: str = ""
    licence: str = ""
    saw: str = ""
    left_out: tuple[str, ...] = ()
    place: Place | None = None

    def take(self, cells: NDArray[np.intp] | NDArray[np.bool_], *, why: str = "") -> Study:
        """Return some of the study's cells; ``why`` says what the others are, where a person should know it."""
        counts = take_cells(self.counts, cells)
        lost = self.counts.shape[0] - counts.shape[0]
        told = (f"{lost:,} of {self.counts.shape[0]:,} cells {why}: left out",) if lost and why else ()
        return replace(self, counts=counts, left_out=self.left_out + told)


def remarks(studies: Iterable[Study]) -> list[str]:
    """Return what a person should know of how studies were read: where counts were, and what was left out.

    A line for all studies of which it is the same.
    """
    lines: dict[str, list[str]] = {}
    for study in studies:
        for line in filter(None, (study.saw, *study.left_out)):
            lines.setdefault(line, []).append(study.name)
    return [f"{', '.join(names[:5])}{' ...' if names[5:] else ''}: {line}" for line, names in lines.items()]


def filter_cells(study: Study, *, min_genes: int) -> Study:
    """Leave out cells with fewer detected genes.

    Raises
    ------
    DataError
        When no cell is left.
    """
    kept = detected_genes(study.counts) >= min_genes
    if not kept.any():
        raise DataError(f"No cell of {study.name} has {min_genes} genes or more: lower --min-genes.")
    return study if kept.all() else study.take(kept, why=f"have fewer than {min_genes} genes")
