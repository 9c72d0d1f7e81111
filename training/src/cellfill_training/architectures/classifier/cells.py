"""The cells that a classifier is trained on: counts of its genes, study and leaf of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.cohort import Cohort, harmonise
from cellfill_training.studies.gene_table import GeneName, GeneTable
from cellfill_training.studies.labels import UNLABELLED, Labelled
from cellfill_training.studies.parts import Parts
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells of several studies on one gene index, in memory.

    Attributes
    ----------
    genes
        The genes.
    counts
        Cells x genes.
    study
        (cells,) number of the study.
    leaf
        (cells,) number of the type to learn, `UNLABELLED` where it is not known or its label is not trusted.
    given
        (cells,) number of the type by its label, trusted or not.
    measured
        Studies x genes.
    names
        Of the studies.
    types
        Number of types.
    """

    genes: tuple[GeneName, ...]
    counts: csr_matrix
    study: NDArray[np.intp]
    leaf: NDArray[np.intp]
    given: NDArray[np.intp]
    measured: NDArray[np.bool_]
    names: tuple[str, ...]
    types: int

    def take(self, cells: NDArray[np.bool_] | NDArray[np.intp]) -> Cells:
        """Return some of the cells."""
        return replace(
            self,
            counts=self.counts[cells],
            study=self.study[cells],
            leaf=self.leaf[cells],
            given=self.given[cells],
        )

    def take_genes(self, genes: NDArray[np.intp]) -> Cells:
        """Return the cells in some of the genes."""
        counts = self.counts[:, genes]
        counts.sort_indices()
        names = tuple(self.genes[g] for g in genes)
        return replace(self, genes=names, counts=counts, measured=self.measured[:, genes])

    def in_parts(self, parts: Parts) -> Cells:
        """Return the same cells with each part of a study as a study."""
        more, own = len(parts.names) - 1, self.study == parts.study
        study = self.study + more * (self.study > parts.study)
        study[own] += parts.part
        places = np.repeat(
            np.arange(len(self.names)), np.where(np.arange(len(self.names)) == parts.study, more + 1, 1)
        )
        names = [self.names[place] for place in places]
        names[parts.study : parts.study + more + 1] = parts.names
        return replace(self, study=study, measured=self.measured[places], names=tuple(names))

    @property
    def labelled_studies(self) -> tuple[int, ...]:
        """Numbers of the studies that have labels."""
        return tuple(int(number) for number in np.unique(self.study[self.leaf >= 0]))


def bring_together(
    studies: Sequence[Labelled], unlabelled: Sequence[Study], *, types: int, table: GeneTable
) -> Cells:
    """Bring studies onto one gene index; a gene that a study did not measure is unknown, not 0."""
    every = [labelled.study for labelled in studies] + list(unlabelled)
    cohort: Cohort = harmonise(every, table)
    given = [labelled.leaves for labelled in studies]
    given += [np.full(study.counts.shape[0], UNLABELLED, dtype=np.intp) for study in unlabelled]
    trusted = [labelled.trusted for labelled in studies]
    trusted += [np.zeros(study.counts.shape[0], dtype=bool) for study in unlabelled]
    every_given = np.concatenate(given)
    return Cells(
        genes=cohort.genes,
        counts=cohort.counts[:].astype(np.float32),
        study=cohort.study,
        leaf=np.where(np.concatenate(trusted), every_given, UNLABELLED),
        given=every_given,
        measured=cohort.measured,
        names=cohort.names,
        types=types,
    )
