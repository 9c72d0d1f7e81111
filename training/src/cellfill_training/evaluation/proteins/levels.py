"""Antibody counts of a study's cells, and what they say of its genes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.evaluation.proteins.antibodies import genes_of, known_genes
from cellfill_training.evaluation.proteins.carriers import carriers, centred_log_ratios
from cellfill_training.studies.donors import read_annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Proteins:
    """Antibodies counted in cells.

    Attributes
    ----------
    antibodies
        Their names.
    counts
        Cells x antibodies.
    """

    antibodies: tuple[str, ...]
    counts: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Proteins:
        """Return some of the cells."""
        return Proteins(antibodies=self.antibodies, counts=self.counts[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A protein that some cells carry and others do not.

    Attributes
    ----------
    antibody
        Its name.
    gene
        The column of its gene.
    cells
        (cells,) whether each carries it.
    """

    antibody: str
    gene: int
    cells: NDArray[np.bool_]

    def take(self, rows: NDArray[np.intp]) -> Carried:
        """Return it for some of the cells."""
        return replace(self, cells=self.cells[rows])


def read_proteins(path: str | Path, key: str) -> Proteins:
    """Return the antibody counts of a file: a matrix of ``obsm`` whose columns have names.

    Raises
    ------
    DataNotFoundError, DataError
        When the file is absent or unreadable, has no such matrix, or its columns have no names.
    """
    held = read_annotation(path).obsm
    if key not in held:
        raise DataError(f"{path} has no {key!r} in obsm; it has {', '.join(map(str, held)) or 'none'}.")
    matrix = held[key]
    if not hasattr(matrix, "columns"):
        raise DataError(
            f"obsm[{key!r}] of {path} has no names: store a DataFrame, a column an antibody, named as its protein."
        )
    try:
        counts = np.asarray(matrix.astype(float).to_numpy(), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"obsm[{key!r}] of {path} holds more than numbers ({error}): give raw counts.") from error
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise DataError(f"obsm[{key!r}] of {path} holds what is no count: give raw counts of antibodies.")
    return Proteins(antibodies=tuple(map(str, matrix.columns)), counts=counts)


def carried_by(proteins: Proteins, study: Study) -> tuple[Carried, ...]:
    """Return the proteins that split the cells in two and whose gene the study has.

    An antibody that is not of the built-in list and whose name is no symbol is left out, as are those that nearly
    all or hardly any cells carry; of two for one gene both stay.

    Raises
    ------
    DataError
        When there is none.
    MissingDependencyError
        When scikit-learn is not installed.
    """
    symbols = _symbols(study)
    column = {name: place for place, name in reversed(list(enumerate(symbols)))}
    genes, levels = genes_of(proteins.antibodies, symbols), centred_log_ratios(proteins.counts)
    found = []
    for place, antibody in enumerate(proteins.antibodies):
        if antibody not in genes:
            continue
        cells = carriers(proteins.counts[:, place], levels[:, place])
        if cells is not None:
            found.append(Carried(antibody=antibody, gene=column[genes[antibody]], cells=cells))
    if not found:
        raise DataError(
            f"{len(genes)} of {len(proteins.antibodies)} antibodies of {study.name} are of a gene of it, and "
            "none splits its cells in two: there is nothing to judge by. Antibodies are known by names such as "
            "CD3, CD56 or PD-1, or by the symbol of their gene; raw counts are needed, of some 100 cells."
        )
    return tuple(found)


def _symbols(study: Study) -> Sequence[str]:
    """Return the spelling of the genes that most antibodies' genes are among."""
    return max(study.gene_names, key=lambda names: len(known_genes() & set(names)))
