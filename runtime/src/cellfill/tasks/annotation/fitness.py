"""Whether a model is fit to name the cells of a dataset, as a user gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cellfill.fitness.looked import Looked

if TYPE_CHECKING:
    from cellfill.tasks.annotation.steadiness import Steadiness
    from cellfill.tasks.annotation.table import TypeRow
    from cellfill.tasks.annotation.verdict import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesFitness(Looked):
    """Whether a model is fit to name the cells of a dataset, and what that rests on; see `Looked` for the rest.

    Attributes
    ----------
    evidence
        What the verdict rests on; None where the genes alone rule the model out.
    types
        The types of the cells that were looked at, one row each.
    unassigned
        How many cells have no type, by why.
    steadiness
        How many answers hold when less is known of the cells, beside chance.
    """

    evidence: Evidence | None = None
    types: tuple[TypeRow, ...] = ()
    unassigned: Mapping[str, int] = field(default_factory=dict)
    steadiness: tuple[Steadiness, ...] = ()

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain types, for JSON; what was not measured is None."""
        from cellfill.tasks.annotation.sentences import as_plain

        return as_plain(self)

    def __repr__(self) -> str:
        return f"<TypesFitness: {self.model} {self.verdict}; {self.cells_checked:,} of {self.cells:,} cells>"

    def describe(self, *, verbose: bool = False) -> str:
        """Say what was found, the verdict first; with all figures if ``verbose``."""
        from cellfill.tasks.annotation.sentences import describe

        return describe(self, verbose=verbose)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        from cellfill.tasks.annotation.sentences import as_html

        return as_html(self)
