"""Is a model fit to name these cells? What that rests on, and what it means in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.gate import LEAST_CELLS
from cellfill.genes.mismatch import GOOD_COVERAGE
from cellfill.tasks.annotation.columns import NO_COUNTS, UNLIKE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.fitness.verdict import Verdict
    from cellfill.tasks.annotation.table import TypeRow

# Share of cells that are unlike any type: of known cells of studies that trained nothing it is at most .15, of cell
# lines and other tissues nearly 1. docs/types.md has what these limits were set on.
LIMITS, UNFIT = 0.2, 0.6
# Share of cells that a model expects to name right, to the most detailed type.
GOOD_SURE = 0.8
# A model that expects to name so little more right than one type for all would tells no types apart in these cells.
_LITTLE = 0.02
# Where more of the cells are shallower than training cells were, that alone may be why they are unlike them.
_MANY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict on naming cells rests on.

    Attributes
    ----------
    cells
        How many have counts in the model's genes.
    unlike
        Share of these that are unlike any type of the model; NaN where that was not looked at.
    off
        Types of which the cells score badly together: probably other ones.
    sure
        Mean probability of the most probable detailed type of a cell, of those that are like some type: the share
        that the model expects to name right. NaN where there are none.
    one_type
        The same of calling all of them one type, the best: what the model is to be compared with.
    coverage
        Share of what the genes that the model reads tell it that the dataset's genes hold.
    shallow
        Share of the cells that have fewer counts than 99% of the cells that trained it.
    """

    cells: int
    unlike: float
    off: tuple[str, ...]
    sure: float
    one_type: float
    coverage: float
    shallow: float


def gather_evidence(
    reasons: Sequence[str],
    probabilities: NDArray[np.float32],
    rows: Sequence[TypeRow],
    *,
    tested: bool,
    coverage: float,
    shallow: int,
) -> Evidence:
    """Return what a verdict rests on, from what was found of every cell.

    Parameters
    ----------
    reasons
        Why each cell is unassigned; empty for those that are not.
    probabilities
        Cells x leaf types; NaN for cells without counts.
    rows
        See `cellfill.tasks.annotation.table.type_rows`.
    tested
        Whether cells of unknown types were told.
    coverage
        See `Evidence`.
    shallow
        How many cells are.
    """
    why = np.array(reasons, dtype=str)
    counted, unlike = why != NO_COUNTS, why == UNLIKE
    cells = int(counted.sum())
    known = probabilities[counted & ~unlike].astype(np.float64)
    return Evidence(
        cells=cells,
        unlike=float(unlike.sum()) / cells if tested and cells else math.nan,
        off=tuple(row.name for row in rows if row.off),
        sure=float(known.max(axis=1).mean()) if len(known) else math.nan,
        one_type=float(known.mean(axis=0).max()) if len(known) else math.nan,
        coverage=coverage,
        shallow=shallow / cells if cells else math.nan,
    )


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return whether a model is fit to name these cells, and why, one sentence a reason."""
    if evidence.unlike != evidence.unlike:
        return "not tested", ("Whether these are cells of the model's types was not looked at.",)
    if evidence.cells < LEAST_CELLS:
        return "not tested", (
            f"Only {evidence.cells} cells have counts in the model's genes, and {LEAST_CELLS} are needed to say "
            "anything.",
        )
    said = f"{evidence.unlike:.0%} of the cells are unlike any type that the model knows"
    if evidence.unlike > UNFIT:
        causes = _causes(evidence)
        return "does not fit", ((f"{said}.", *causes) if causes else (f"{said}: it was made for other cells.",))
    reasons, limits = [f"{said}."], _limits(evidence)
    if evidence.sure == evidence.sure:
        # Rounded down: what is just short of a limit must not read as if it were there.
        sure, one = (math.floor(share * 100) for share in (evidence.sure, evidence.one_type))
        reasons.append(
            f"By its own account it names {sure}% of the others right, to the most detailed type; one type for all "
            f"would be right for {one}%."
        )
    return ("fits with limits" if limits else "fits"), (*reasons, *limits)


def _causes(evidence: Evidence) -> list[str]:
    """Return what makes cells of known types look unlike them."""
    causes = []
    if evidence.coverage < GOOD_COVERAGE:
        causes.append(
            f"The dataset has {math.floor(evidence.coverage * 100)}% of what the model reads: with so few genes "
            "cells of known types, too, look unlike any."
        )
    if evidence.shallow > _MANY:
        causes.append(
            f"{evidence.shallow:.0%} of the cells have fewer counts than 99% of those that trained the model: such "
            "cells of known types, too, look unlike any."
        )
    return causes


def _limits(evidence: Evidence) -> list[str]:
    """Return what keeps a model that fits from fitting without limits."""
    limits = []
    if evidence.unlike > LIMITS:
        limits += _causes(evidence) or [
            f"In cells of its own tissue these are below {LIMITS:.0%}: here are cells of other types, or damaged "
            "ones."
        ]
    if evidence.off:
        limits.append(f"Off as a whole, as another type, state or tissue is: {', '.join(evidence.off)}.")
    if evidence.sure < GOOD_SURE:
        limits.append(
            f"Models that fit name {GOOD_SURE:.0%} right: rely on broader types (--level), or on cells of which it "
            "is surer (--confidence)."
        )
    if evidence.sure - evidence.one_type < _LITTLE:
        limits.append(
            "Nearly all get one type: they may all be of it, or of a tissue of which the model knows but a broad "
            "kind. How like its training cells they are tells more (cellfill check --task embed)."
        )
    return limits
