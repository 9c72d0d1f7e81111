"""What a check of a model on a dataset found, as a user gets it: said to a person, a notebook, a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellfill.fitness.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness(Findings):
    """Whether a model is fit for a dataset, and what that rests on; see `Findings` for what it has."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return all but the hidden entries as plain types, for JSON; what was not measured is None."""
        from cellfill.fitness.sentences import as_plain

        return as_plain(self)

    def __repr__(self) -> str:
        return f"<Fitness: {self.model} {self.verdict}; {self.cells_checked:,} of {self.cells:,} cells>"

    def describe(self, *, verbose: bool = False) -> str:
        """Say what was found, the verdict first; with all figures if ``verbose``."""
        from cellfill.fitness.sentences import describe

        return describe(self, verbose=verbose)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        from cellfill.fitness.html import fitness_html

        return fitness_html(self)
