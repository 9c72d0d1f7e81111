"""Whether studies call their genes alike: those that do not would be learnt each by itself, in one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.cards.about import UNKNOWN

if TYPE_CHECKING:
    from cellfill_training.studies.cohort import Cohort

# Of the genes of the study, or of all others, whichever are fewer: a panel shares nearly all of its own.
_LEAST_SHARE = 0.1


def check_shared(cohort: Cohort, *, species: str) -> None:
    """Refuse a study that shares hardly a gene with the others: each half of a network would learn one.

    Parameters
    ----------
    cohort
        The studies in the genes of all.
    species
        Of the model: of one for which it is unknown nothing is refused.

    Raises
    ------
    DataError
        With the first of them.
    """
    if species == UNKNOWN or len(cohort.names) < 2:
        return
    for row, name in enumerate(cohort.names):
        own, others = cohort.measured[row], np.delete(cohort.measured, row, axis=0).any(axis=0)
        both = int((own & others).sum())
        if both < _LEAST_SHARE * min(own.sum(), others.sum()):
            raise DataError(
                f"{name} shares {both:,} of its {int(own.sum()):,} genes with the other studies: they call genes "
                "otherwise, as by symbols and by Ensembl ids, and the model would learn them apart. Give a "
                "--gene-table that knows both, or leave that study out."
            )
