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

TO_DO = (
    "Do not go by these places. Look for another model (cellfill recommend --task embed), or use principal "
    "components of these cells."
)


def placeless_said(cells: int) -> str:
    """Return what is said of so many cells without a place; nothing of none."""
    if not cells:
        return ""
    have, hold = ("1 cell has", "its row holds") if cells == 1 else (f"{cells:,} cells have", "their rows hold")
    return (
        f"{have} no counts in the model's genes, and no place: {hold} NaN. Leave such cells out before neighbours "
        "are looked for."
    )


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

    def describe(self, *, verbose: bool = False) -> str:
        """Say what was found, the verdict first; with all figures if ``verbose``."""
        from cellfill.fitness.looked import beginning, figures_of
        from cellfill.text.sentences import row

        unfit = self.evidence is not None and self.verdict == "does not fit"
        lines = [*beginning(self, to_do=TO_DO if unfit else ""), *figures_of(self, verbose=verbose)]
        if verbose and self.evidence is not None:
            found = f"{two_places(self.evidence.likeness)}, correlation of the genes' mean levels"
            lines.append(row("similarity", f"{found} with those in the training cells"))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        from cellfill.fitness.html import verdict_html

        return verdict_html(self, (), ())
