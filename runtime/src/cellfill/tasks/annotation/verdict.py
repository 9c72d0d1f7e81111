"""Is a model fit to name these cells? What that rests on, and what it means in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.gate import LEAST_CELLS
from cellfill.fitness.heed import NOT_LOOKED_AT
from cellfill.genes.mismatch import GOOD_COVERAGE
from cellfill.tasks.annotation.columns import NO_COUNTS, UNLIKE
from cellfill.text.figures import only_cells, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.fitness.verdict import Verdict
    from cellfill.tasks.annotation.table import TypeRow

# Share of cells that get no name. Those unlike any type are at most .15 of known cells of studies that trained
# nothing, and nearly all of cell lines and other tissues. docs/types.md has what these limits were set on.
LIMITS, UNFIT = 0.2, 0.6
# Share of cells that a model expects to name right, to the most detailed type.
GOOD_SURE = 0.8
# A model that expects to name so little more right than one type for all would tells no types apart in these cells.
_LITTLE = 0.02
# Where more of the cells are shallower than training cells were, that alone may be why they are unlike them.
_MANY = 0.5
# With fewer of the genes that it reads, that alone may be why, however much these few tell: the 2,000 most variable
# genes of a study of blood hold 45% of the genes and 64% of their worth, and 44% of the cells look unlike any type.
MOST_GENES = 0.75
# 39 cells of four types "fitted" blood with eight, and called what they did not know by their names.
_FEW_TAUGHT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict on naming cells rests on.

    Attributes
    ----------
    cells
        How many have counts in the model's genes.
    unlike
        Share of these that are unlike any type of the model; NaN where that was not looked at.
    unsure
        Share of these that are like some type, but that the model is not even sure of the broad kind of.
    off
        Types of which the cells score badly together: probably other ones.
    sure
        Mean probability of the most probable detailed type of a cell, of those that are like some type: the share
        that the model expects to name right. NaN where there are none.
    one_type
        The same of calling all of them one type, the best: what the model is to be compared with.
    coverage
        Share of what the genes that the model reads tell it that the dataset's genes hold.
    genes
        Share of these genes, in number, that the dataset has.
    shallow
        Share of the cells that have fewer counts than 99% of the cells that trained it.
    taught
        How many cells taught it its types; NaN where that is not known.
    """

    cells: int
    unlike: float
    unsure: float
    off: tuple[str, ...]
    sure: float
    one_type: float
    coverage: float
    genes: float
    shallow: float
    taught: float = math.nan


def gather_evidence(
    reasons: Sequence[str],
    probabilities: NDArray[np.float32],
    rows: Sequence[TypeRow],
    *,
    tested: bool,
    coverage: float,
    genes: float,
    unsure: int,
    shallow: int,
    taught: float = math.nan,
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
    coverage, genes
        See `Evidence`.
    unsure, shallow
        How many cells are.
    taught
        See `Evidence`.
    """
    why = np.array(reasons, dtype=str)
    counted, unlike = why != NO_COUNTS, why == UNLIKE
    cells = int(counted.sum())
    known = probabilities[counted & ~unlike].astype(np.float64)
    return Evidence(
        cells=cells,
        unlike=float(unlike.sum()) / max(cells, 1) if tested else math.nan,
        unsure=unsure / cells if cells else math.nan,
        off=tuple(row.name for row in rows if row.off),
        sure=float(known.max(axis=1).mean()) if len(known) else math.nan,
        one_type=float(known.mean(axis=0).max()) if len(known) else math.nan,
        coverage=coverage,
        genes=genes,
        shallow=shallow / cells if cells else math.nan,
        taught=taught,
    )


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return whether a model is fit to name these cells, and why, one sentence a reason."""
    if evidence.unlike != evidence.unlike:
        return "not tested", (NOT_LOOKED_AT,)
    if evidence.cells < LEAST_CELLS:
        return "not tested", (
            f"{only_cells(evidence.cells, 'has', 'have')} counts in the model's genes, and {LEAST_CELLS} are "
            "needed to say anything.",
        )
    said = f"{evidence.unlike:.0%} of the cells are unlike any type that the model knows"
    if evidence.unlike + evidence.unsure > LIMITS and evidence.unsure > 0:
        said += f", and {evidence.unsure:.0%} more get no name, since it is not sure which type they are of"
    if evidence.unlike + evidence.unsure > UNFIT:
        causes = causes_of(evidence)
        return "does not fit", ((f"{said}.", *causes) if causes else (f"{said}: it was made for other cells.",))
    reasons, limits = [f"{said}."], _limits(evidence)
    if evidence.sure == evidence.sure:
        others = "others" if evidence.unlike else "cells"
        reasons = [
            f"{said}; it expects to name {percent(evidence.sure)} of the {others} right, to the most detailed "
            "type.",
            f"Calling them all one type would be right for {percent(evidence.one_type)}.",
        ]
    return ("fits with limits" if limits else "fits"), (*reasons, *limits)


def causes_of(evidence: Evidence) -> list[str]:
    """Return what makes cells of known types look unlike them, and what to do about it."""
    causes = []
    if evidence.coverage < GOOD_COVERAGE or evidence.genes < MOST_GENES:
        causes.append(
            f"The dataset has {percent(evidence.genes)} of the genes that the model reads, and "
            f"{percent(evidence.coverage)} of what they tell it: with so few genes cells of known types, too, look "
            "unlike any. If these are variable genes alone, give it all genes that were measured, as raw counts."
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
    if evidence.taught < _FEW_TAUGHT:
        limits.append(
            f"{evidence.taught:,.0f} cells taught the model its types: too few to tell what is unlike them, or to "
            "know how sure to be."
        )
    if evidence.unlike + evidence.unsure > LIMITS:
        limits += causes_of(evidence) or [
            f"In cells of its own tissue these are mostly below {LIMITS:.0%}: here are cells of other types, "
            "damaged ones, or ones of a platform that is far from those that taught the model."
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
