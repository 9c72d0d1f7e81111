"""Which column of a dataset is which gene of a model, and why a column is not imputed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.genes.species import SpeciesSeen

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMPUTED = "imputed"
NOT_IN_MODEL = "not in the model"
NOT_A_GENE = "not gene expression"
PREDICTOR_ONLY = "predictor only"
DUPLICATE = "several columns match one gene"
BLIND = "its predictors are mostly missing"
NOT_ASKED_FOR = "not asked for"
NO_BETTER = "no better than its mean here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which column of a dataset is which gene of a model.

    Attributes
    ----------
    gene_of_column
        For every column of the dataset the row of its gene in the model's gene index, -1 for none. Columns
        that share a row are summed as predictors.
    column_of_gene
        For every gene of the model a column of the dataset that holds it, -1 for none.
    reasons
        For every column of the dataset: ``imputed``, or why it is not.
    inputs_found, inputs_needed
        Input genes of the model: those that the dataset has, and all.
    targets_found, targets_known
        Target genes of the model: those that will be imputed, and all.
    coverage
        Share of what the input genes tell the model that comes from those the dataset has, from 0 to 1.
    species
        What the names tell of the species.
    """

    gene_of_column: NDArray[np.intp]
    column_of_gene: NDArray[np.intp]
    reasons: tuple[str, ...]
    inputs_found: int
    inputs_needed: int
    targets_found: int
    targets_known: int
    coverage: float
    species: SpeciesSeen

    @property
    def inputs_share(self) -> float:
        """Share of the input genes, in number, that the dataset has."""
        return self.inputs_found / max(self.inputs_needed, 1)

    @property
    def target_columns(self) -> NDArray[np.intp]:
        """Columns of the dataset that are imputed, ascending."""
        return np.flatnonzero([reason == IMPUTED for reason in self.reasons])

    @property
    def in_several_columns(self) -> NDArray[np.intp]:
        """The first column of each gene that would be filled if one column alone were its own, ascending."""
        columns = np.flatnonzero([reason == DUPLICATE for reason in self.reasons])
        _, first = np.unique(self.gene_of_column[columns], return_index=True)
        return np.sort(columns[first])

    @property
    def blind(self) -> int:
        """How many columns are targets whose predictors are mostly missing."""
        return self.reasons.count(BLIND)

    def take(self, columns: NDArray[np.intp]) -> Alignment:
        """Return the alignment of some of the columns; what the dataset has stays."""
        reasons = tuple(self.reasons[column] for column in columns.tolist())
        return replace(
            self,
            gene_of_column=self.gene_of_column[columns],
            reasons=reasons,
            targets_found=reasons.count(IMPUTED),
        )
