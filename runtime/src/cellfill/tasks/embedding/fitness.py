"""Whether a model is fit to place the cells of a dataset, as a user gets it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.fitness.looked import Looked
from cellfill.text.figures import two_places

if TYPE_CHECKING:
    from cellfill.tasks.embedding.verdict import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingFitness(Looked):
    """Whether a model is fit to place the cells of a dataset, and what that rests on; see `Looked` for the rest.

    Attributes
    ----------
    evidence
        What the verdict rests on; None where the genes alone rule the model out.
    """

    evidence: Evidence | None = None

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain types, for JSON; what was not measured is None."""
        from cellfill.fitness.looked import plain_opening
        from cellfill.text.jsonable import jsonable

        evidence = None if self.evidence is None else jsonable(dataclasses.asdict(self.evidence))
        return {"task": "embed", **plain_opening(self), "evidence": evidence}

    def __repr__(self) -> str:
        return f"<EmbeddingFitness: {self.model} {self.verdict}; {self.cells_checked:,} of {self.cells:,} cells>"

    def __str__(self) -> str:
        from cellfill.fitness.looked import closing, opening

        lines = opening(self)
        if self.evidence is not None:
            likeness = two_places(self.evidence.likeness)
            lines.append(f"likeness      {likeness}, correlation of the genes' levels with those of training cells")
            if self.evidence.unlike == self.evidence.unlike:
                lines.append(f"unlike        {self.evidence.unlike:.0%} of the cells are like no type of the model")
        return "\n".join([*lines, "", closing(self)])

    def _repr_html_(self) -> str:
        from cellfill.fitness.html import verdict_html

        return verdict_html(self, (), ())
