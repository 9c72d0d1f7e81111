"""Which models go with a dataset, as a user gets it: said to a person, a notebook, a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellfill.ranking.ranks import Ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Ranks):
    """All models that could be reached, best first; see `Ranks` for what it has."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain types, for JSON; what was not measured is None."""
        from cellfill.ranking.sentences import as_plain

        return as_plain(self)

    def __repr__(self) -> str:
        best = self.best
        return f"<Recommendation: {best.model if best else self.outcome}, of {len(self.ranks)} models>"

    def describe(self, *, data: object = None, verbose: bool = False) -> str:
        """Say what was found, what to do first.

        Parameters
        ----------
        data
            The path of the dataset, for the command that goes on; None where there is none.
        verbose
            Whether all figures and all reasons are said.
        """
        from cellfill.ranking.sentences import describe

        return describe(self, data=data, verbose=verbose)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        from cellfill.ranking.html import recommendation_html

        return recommendation_html(self)
