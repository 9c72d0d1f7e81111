"""Which genes of a result are imputed: those asked for that the model predicts better than their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import GeneMatchError
from cellfill.genes.alignment import IMPUTED, NO_BETTER, NOT_ASKED_FOR, Alignment
from cellfill.genes.requested import rows_by_name, target_rows
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex
    from cellfill.fitness.gate import Gate

_MOST_NAMED = 10


def gated(alignment: Alignment, genes: GeneIndex, gate: Gate) -> Alignment:
    """Return the alignment without the genes that the model predicts no better than their mean."""
    found = _without(alignment, set(genes.targets[gate.outputs[~gate.better]].tolist()), NO_BETTER)
    if not found.targets_found:
        raise GeneMatchError(
            f"Tried on {gate.cells:,} cells, the model predicts none of the {alignment.targets_found:,} genes "
            "better than their mean does. Choose another model (cellfill check says more), or go on with "
            "--no-gate (gate=False)."
        )
    return found


def _without(alignment: Alignment, rows: set[int], why: str) -> Alignment:
    """Return the alignment with some genes of the model not imputed."""
    reasons = tuple(
        why if reason == IMPUTED and row in rows else reason
        for reason, row in zip(alignment.reasons, alignment.gene_of_column.tolist(), strict=True)
    )
    return replace(alignment, reasons=reasons, targets_found=reasons.count(IMPUTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of genes that were asked for.

    Attributes
    ----------
    absent
        Names of those that the dataset does not have, so that they are not imputed.
    left
        Of those that it has and that are left as they are: ``var`` says why.
    columns
        Of all that it has, imputed or not, in the result.
    """

    absent: tuple[str, ...]
    left: tuple[str, ...]
    columns: tuple[int, ...]

    @property
    def said(self) -> str:
        """What is said of them; nothing where all were imputed."""
        return left_said(self.absent, self.left)


def left_said(absent: Sequence[str], left: Sequence[str]) -> str:
    """Return what is said of genes that were asked for and are not imputed; nothing of none."""
    said = []
    if len(absent):
        said.append(f"Of the genes that were asked for, the data do not have {_some(absent)}.")
    if len(left):
        said.append(f"Of the genes that were asked for, these are left as observed: {_some(left)}.")
    return " ".join(said)


def _some(names: Sequence[str]) -> str:
    return some([name[:60] for name in names], _MOST_NAMED)


def asked_for(alignment: Alignment, genes: GeneIndex, names: Sequence[str]) -> Asked:
    """Return what became of the genes that were asked for, from the alignment as it was imputed."""
    there = set(alignment.gene_of_column.tolist())
    filled = set(alignment.gene_of_column[alignment.target_columns].tolist())
    rows = rows_by_name(genes, names)
    return Asked(
        absent=tuple(name for name, row in rows.items() if row not in there),
        left=tuple(name for name, row in rows.items() if row in there - filled),
        columns=tuple(np.flatnonzero(np.isin(alignment.gene_of_column, list(rows.values()))).tolist()),
    )


def only(alignment: Alignment, genes: GeneIndex, names: Sequence[str]) -> Alignment:
    """Return the alignment with all but some genes not asked for."""
    asked = set(target_rows(genes, names))
    found = _without(alignment, set(genes.targets.tolist()) - asked, NOT_ASKED_FOR)
    if not found.targets_found:
        raise GeneMatchError(
            f"The dataset has none of {', '.join(names[:5])} in a form that can be imputed. See why with "
            "cellfill align, or ask for other genes."
        )
    return found
