"""The cells that every model is judged on: drawn once, with the same molecules hidden for every model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.candidates import candidate_rows
from cellfill.calibration.sample import draw_usual
from cellfill.counts.source import choose_counts
from cellfill.fitness.hiding import fold_molecules
from cellfill.fitness.molecules import SHARE
from cellfill.genes.names import expression_columns, name_columns
from cellfill.genes.species import SpeciesSeen, see_species

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.genes.table import GeneTable
    from cellfill.readers.dataset import Dataset

    Float64 = NDArray[np.float64]

SHARED_CELLS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCells:
    """Cells of a dataset in its own genes, cells x genes, CSR float32, canonical.

    Attributes
    ----------
    var
        The genes.
    names
        What they are called, see `cellfill.genes.names.name_columns`.
    species
        What the names tell of the species.
    counts, kept, hidden
        Raw counts; what is left of them, and the tenth of the molecules that is hidden.
    level
        Each gene's mean share of a cell's counts.
    saw
        Where the counts were, and what they looked like.
    """

    var: GeneTable
    names: list[list[str]]
    species: SpeciesSeen
    counts: csr_matrix
    kept: csr_matrix
    hidden: csr_matrix
    level: Float64
    saw: str

    @property
    def molecules(self) -> float:
        """How many are hidden."""
        return float(self.hidden.sum(dtype=np.float64))

    def constant_loss(self, columns: NDArray[np.intp]) -> float:
        """Return the summed Poisson loss of gene mean x library for the hidden molecules of some genes.

        The library is that of all genes, so that it is one for all models: mu - y log mu, as
        `cellfill.fitness.molecules` has it.
        """
        library = np.asarray(self.kept.sum(axis=1, dtype=np.float64)).ravel()
        library = np.maximum(library, 1.0) / max(float(np.maximum(library, 1.0).mean()), 1.0)
        totals = np.asarray(self.kept[:, columns].sum(axis=0, dtype=np.float64)).ravel()
        means = (totals + 0.5) / library.sum() * SHARE / (1 - SHARE)
        seen = self.hidden[:, columns].tocoo()
        logs = np.log(library)[seen.row] + np.log(means)[seen.col]
        return float(library.sum() * means.sum() - seen.data.astype(np.float64) @ logs)


def share_cells(dataset: Dataset, *, layer: str | None, gene_column: str | None, seed: int) -> SharedCells:
    """Draw up to 1,000 cells, and hide a tenth of their molecules.

    Drawn by a hash of their counts, so that the order of the cells changes nothing; cells beyond ten times more or
    less than the median depth are left out.

    Parameters
    ----------
    dataset
        The data.
    layer, gene_column
        See `cellfill.impute`.
    seed
        Of what is hidden.
    """
    from scipy import sparse

    source = choose_counts(dataset, layer=layer)
    var = source.matrix.var
    names = name_columns(var.index, var, gene_column=gene_column)
    expression = expression_columns(var)
    blocks = [source.counts(rows) for rows in candidate_rows(dataset.cells)]
    counts = sparse.csr_matrix(sparse.vstack(blocks, format="csr"))
    if expression is not None:
        counts = counts @ sparse.diags(np.array(expression, dtype=np.float32), format="csr")
        counts.eliminate_zeros()
    totals = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    # Drawn with the genes in the order of their names: that of the dataset changes nothing.
    order = np.argsort(np.array(names[0], dtype=str), kind="stable")
    named = counts[:, order]
    drawn, _ = draw_usual(named, totals, least=1.0, most=SHARED_CELLS)
    named = named[drawn].astype(np.float32)
    named.sort_indices()
    back = np.argsort(order)
    counts, kept, hidden = (
        _in_order(part, back)
        for part in (named, *next(iter(fold_molecules(named, folds=1, seed=seed, share=SHARE))))
    )
    totals = np.maximum(totals[drawn], 1.0)
    return SharedCells(
        var=var,
        names=names,
        species=see_species(names),
        counts=counts,
        kept=kept,
        hidden=hidden,
        level=np.asarray(counts.T @ (1 / totals)).ravel() / max(counts.shape[0], 1),
        saw=source.saw,
    )


def _in_order(counts: csr_matrix, genes: NDArray[np.intp]) -> csr_matrix:
    found = counts[:, genes]
    found.sort_indices()
    return found
