"""The genes that a person asked for, among those of a dataset and of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.counts.source import choose_counts
from cellfill.errors import UsageError
from cellfill.fitness.heed import warn
from cellfill.genes.lookup import gene_lookup
from cellfill.genes.names import name_columns
from cellfill.genes.nearest import nearest_names
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.bundle import GeneIndex
    from cellfill.counts.source import Source
    from cellfill.readers.dataset import Dataset

_MOST_SAID = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedGenes:
    """Genes, found.

    Attributes
    ----------
    source
        What holds the counts.
    names
        As they were asked for.
    columns
        Of each its column in ``source``; -1 where only the model knows it, by another name or at all.
    rows
        Of each its row in the model's gene index; -1 for none.
    unknown
        Of each what is known instead, where neither has it; else empty.
    """

    source: Source
    names: tuple[str, ...]
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    unknown: tuple[str, ...]

    def counts(self, column: int, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Read the counts of a gene in some cells."""
        wanted = np.zeros(self.source.matrix.rows.shape[0])
        for start in range(0, len(wanted), _BLOCK):
            block = slice(start, min(start + _BLOCK, len(wanted)))
            if ((rows >= block.start) & (rows < block.stop)).any():
                wanted[block] = self.source.counts(block)[:, [column]].toarray().ravel()
        found: NDArray[np.float64] = wanted[rows]
        return found


_BLOCK = 512


def find_asked(
    asked: Sequence[str], dataset: Dataset, genes: GeneIndex, *, layer: str | None, gene_column: str | None
) -> AskedGenes:
    """Find genes by name: as the dataset calls them, in whatever case, or as the model knows them.

    Raises
    ------
    UsageError
        When neither the dataset nor the model has any of them.

    Warns
    -----
    FitWarning
        When neither has one of them, as long as there are others.
    """
    source = choose_counts(dataset, layer=layer)
    var = source.matrix.var
    columns_of_names = name_columns(var.index, var, gene_column=gene_column)
    exact: dict[str, int] = {}
    for names in columns_of_names:
        for column, name in enumerate(names):
            exact.setdefault(name, column)
    levelled: dict[str, int] = {}
    for name, column in exact.items():
        levelled.setdefault(name.upper(), column)
    lookup = gene_lookup(genes)
    columns, rows, unknown = [], [], []
    for name in asked:
        column = exact.get(name, levelled.get(name.upper(), -1))
        hit = lookup.column([name], [set()])
        columns.append(column)
        rows.append(-1 if hit is None else hit[1])
        unknown.append(_instead(name, exact, genes) if column < 0 and hit is None else "")
    missing = [f"{name[:60]}{why}" for name, why in zip(asked, unknown, strict=True) if why]
    if missing:
        said = f"Neither the data nor the model have {some(missing, _MOST_SAID, between='; ')}."
        if len(missing) == len(asked):
            raise UsageError(f"{said} Name genes as the data do, with --markers A,B or one a line in a file.")
        warn(f"{said} The page shows the others.")
    return AskedGenes(
        source=source, names=tuple(asked), columns=tuple(columns), rows=tuple(rows), unknown=tuple(unknown)
    )


def _instead(name: str, known: dict[str, int], genes: GeneIndex) -> str:
    """Return what a name that is not known might mean."""
    several = [gene.symbol for gene in genes if name.upper() in map(str.upper, gene.aliases)]
    if len(several) > 1:
        return f" (which could mean {' or '.join(several[:3])}: name one)"
    near = nearest_names(name, known)
    return f" (the nearest: {', '.join(near)})" if near else " (nothing is near it)"
