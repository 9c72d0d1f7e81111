"""Which genes of a result are imputed: those asked for that the model predicts better than their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cellfill.errors import GeneMatchError
from cellfill.genes.alignment import IMPUTED, NO_BETTER, NOT_ASKED_FOR, Alignment
from cellfill.genes.requested import target_rows

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex
    from cellfill.fitness.gate import Gate


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
