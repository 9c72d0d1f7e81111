"""Whether studies call their genes alike: those that do not would be learnt each by itself, in one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.errors import DataError
from cellfill_training.cards.about import UNKNOWN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cellfill_training.studies.cohort import Cohort

# Of the genes of the study, or of all others, whichever are fewer: a panel shares nearly all of its own.
_LEAST_SHARE = 0.1


def check_shared(cohort: Cohort, *, species: str) -> Cohort:
    """Return a cohort, unless studies share hardly a gene with the others: each half of a network would learn one.

    Parameters
    ----------
    cohort
        The studies in the genes of all.
    species
        Of the model: of one for which it is unknown nothing is refused.

    Raises
    ------
    DataError
        With the first study that is not of one group with the last, however many it has beside it.
    """
    if species == UNKNOWN or len(cohort.names) < 2:
        return cohort
    measured = cohort.measured
    group, left = measured[-1].copy(), set(range(len(measured) - 1))
    while near := [row for row in left if _alike(measured[row], group)]:
        left -= set(near)
        group |= measured[near].any(axis=0)
    if left:
        row = min(left)
        raise DataError(
            f"{cohort.names[row]} shares {int((measured[row] & group).sum()):,} of its "
            f"{int(measured[row].sum()):,} genes with {cohort.names[-1]} and what goes with it: they call genes "
            "otherwise, as by symbols and by Ensembl ids, and the model would learn them apart. Give a "
            "--gene-table that knows both, or leave some of them out."
        )
    return cohort


def _alike(own: NDArray[np.bool_], others: NDArray[np.bool_]) -> bool:
    return bool((own & others).sum() >= _LEAST_SHARE * min(own.sum(), others.sum()))
