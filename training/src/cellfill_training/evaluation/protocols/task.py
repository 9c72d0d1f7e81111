"""What every protocol has in common: cells that a method sees, and a score of what it makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cellfill_training.evaluation.methods import filled_genes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.methods import Values
    from cellfill_training.studies.study import Study


class Task(Protocol):
    """One draw of one protocol on one study; the same for all methods.

    Attributes
    ----------
    protocol
        Its short name.
    common
        Whether only genes that every method fills are scored, so that all are judged on the same entries. Where
        it is false, a gene that a method does not fill keeps its counts, as a user would get it.
    """

    @property
    def protocol(self) -> str:
        """Its short name."""

    @property
    def common(self) -> bool:
        """Whether only genes that every method fills are scored."""

    @property
    def seen(self) -> Study:
        """What the method sees."""

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> Mapping[str, Any]:
        """Score what a method predicts for `seen`.

        Parameters
        ----------
        values
            What `Method.predict` returned.
        genes
            Score no other genes than these; None for all of the task's.

        Returns
        -------
        For each read-out (an estimate, or an estimate and a policy) a frozen dataclass of plain numbers.
        """


def scored_genes(values: Values, own: NDArray[np.intp], genes: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Return the genes of a task that are asked for and that the method fills.

    Raises
    ------
    DataError
        When there is none.
    """
    from cellfill.errors import DataError

    kept = own[filled_genes(values)[own]]
    if genes is not None:
        kept = np.intersect1d(kept, genes)
    if not len(kept):
        raise DataError("The method fills none of the genes that are scored: look at how genes are named.")
    return kept
