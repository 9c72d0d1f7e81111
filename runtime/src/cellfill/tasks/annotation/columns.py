"""What cell types are called in a dataset: columns of obs, the matrix of probabilities, the record."""

from __future__ import annotations

from dataclasses import dataclass

from cellfill.results.names import Names

UNASSIGNED = "unassigned"
# Why a cell has no type.
UNLIKE, NOT_SURE, NO_COUNTS = "unlike any type of the model", "not sure enough", "no counts in the model's genes"


@dataclass(frozen=True, slots=True)
class Columns:
    """Names after the one that a person asked for.

    Attributes
    ----------
    key
        That one.
    """

    key: str

    @property
    def type(self) -> str:
        """Column of obs with the types."""
        return self.key

    @property
    def probability(self) -> str:
        """Column of obs with the probability of the type."""
        return f"{self.key}_probability"

    @property
    def reason(self) -> str:
        """Column of obs that says why a cell is unassigned; empty for the others."""
        return f"{self.key}_reason"

    @property
    def typical(self) -> str:
        """Column of obs with how typical a cell is of its likeliest leaf type: a product of ranks."""
        return f"{self.key}_typical"

    @property
    def probabilities(self) -> str:
        """Matrix of obsm with the probabilities of the leaf types."""
        return f"{self.key}_probabilities"

    @property
    def record(self) -> str:
        """Key of uns with the record."""
        return f"cellfill_{self.key}"

    def names(self, *, typical: bool) -> Names:
        """Return what is added to a dataset."""
        obs = (self.type, self.probability, self.reason, *((self.typical,) if typical else ()))
        return Names(key=self.key, obs=obs, obsm=(self.probabilities,), record=self.record, task="annotate")
