"""Is a model fit to place these cells? What that rests on, and what it means in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.fitness.gate import LEAST_CELLS
from cellfill.fitness.verdict import GOOD_LIKENESS
from cellfill.genes.mismatch import GOOD_COVERAGE
from cellfill.tasks.annotation.verdict import LIMITS, MOST_GENES, UNFIT
from cellfill.text.figures import only_cells, percent, two_places

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Manifest
    from cellfill.fitness.verdict import Verdict

# To a model of blood, sorted cells have .96, at a tenth of their molecules, too, stimulated ones .85; pancreas .66,
# lung cell lines .60 and .65. How far cells lie from a reference tells nothing: other tissues fall among it.
LEAST_LIKENESS = 0.8
# The figure of a card that says whether places tell anything, of which method, beside what places nothing.
TOLD, OWN, MEANS = "deviance_explained", "cellfill", "gene mean x library"
# Of what components of the same 1,000 cells of blood tell (one draw), DCA, SAVER-X, scVI and the classifier tell
# .85 to .92 when they are pre-trained; scvis, DESC, scScope, GOAE and VASC .66 to .78 (benchmarks/tasks/runs).
_LEVEL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict on placing cells rests on.

    Attributes
    ----------
    cells
        How many have counts in the model's genes.
    likeness
        Correlation of the genes' mean levels with those in the training cells (log1p of counts per 10,000).
    unlike
        Share of the cells that are unlike any type of the model; NaN where it knows none.
    coverage
        Share of what the genes that the model reads tell it that the dataset's genes hold.
    genes
        Share of these genes, in number, that the dataset has.
    told
        What the model's own figures say of its places: the share of the deviance of held-back molecules that
        neighbours tell, mean over its evaluations; NaN where they do not say it, or nothing told any there.
    beside
        The same of the best of what stands beside it there, as principal components of the same cells.
    """

    cells: int
    likeness: float
    unlike: float
    coverage: float
    genes: float
    told: float = math.nan
    beside: float = math.nan


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return whether a model is fit to place these cells, and why, one sentence a reason."""
    if evidence.cells < LEAST_CELLS:
        return "not tested", (
            f"{only_cells(evidence.cells, 'has', 'have')} counts in the model's genes, and {LEAST_CELLS} are "
            "needed to say anything.",
        )
    few, reasons = _few_genes(evidence), [_similarity(evidence.likeness)]
    if evidence.unlike == evidence.unlike:
        said = f"{evidence.unlike:.0%} of the cells are unlike any type that the model knows."
        reasons.insert(0 if evidence.unlike > UNFIT else 1, said)
    if evidence.likeness < LEAST_LIKENESS or evidence.unlike > UNFIT:
        return "does not fit", (
            *reasons,
            *few,
            "Unless that is why, it was made for other cells: these fall on its map where there is room, and mean "
            "nothing there."
            if few
            else "It was made for other cells: these fall on its map where there is room, and mean nothing there.",
        )
    limits = []
    if evidence.likeness < GOOD_LIKENESS:
        limits.append(
            "A related tissue, stimulated cells and another platform look alike. Make sure by the model's card "
            "(`cellfill show MODEL`)."
        )
    if evidence.unlike > LIMITS:
        limits.append("Where these lie tells nothing of what they are.")
    if evidence.told <= 0:
        limits.append(
            "By the model's own figures its places tell nothing of cells, not of those it was judged on: a cell's "
            "molecules are told no better by its neighbours than by the genes' means."
        )
    elif evidence.told < _LEVEL * evidence.beside:
        limits.append(
            "By the model's own figures principal components of the same cells place them better: neighbours tell "
            f"{evidence.beside:.1%} of the deviance of hidden molecules there, and {evidence.told:.1%} here."
        )
    if evidence.coverage < GOOD_COVERAGE or (few and evidence.unlike > LIMITS):
        limits += few
    return ("fits with limits" if limits else "fits"), (*reasons, *limits)


def told_by(manifest: Manifest) -> tuple[float, float]:
    """Return what a model's own figures say of its places, and of the best of others; see `Evidence`."""
    told: dict[str, list[float]] = {}
    for evaluation in manifest.evaluations:
        for score in evaluation.scores:
            if evaluation.task == "embed" and TOLD in score.values:
                told.setdefault(score.method, []).append(score.values[TOLD])
    means = {method: sum(values) / len(values) for method, values in told.items() if method != MEANS}
    own = means.pop(OWN, math.nan)
    others = max(means.values(), default=math.nan)
    return (own, others) if own > 0 or others > 0 else (math.nan, math.nan)


def _similarity(likeness: float) -> str:
    """Say how like the training cells these are."""
    found = two_places(likeness)
    if likeness < LEAST_LIKENESS:
        beside = f"correlation {found}; {LEAST_LIKENESS:.2f} or more is needed"
        return f"The cells are not like those that trained the model, by the mean levels of their genes ({beside})."
    if likeness < GOOD_LIKENESS:
        beside = f"correlation {found}; {GOOD_LIKENESS:.2f} or more in the same tissue"
        return (
            f"The cells are less like those that trained the model, by the mean levels of their genes ({beside})."
        )
    return (
        f"The cells are like those that trained the model, by the mean levels of their genes (correlation {found})."
    )


def _few_genes(evidence: Evidence) -> list[str]:
    """Say that the dataset has few of the genes that the model reads, where that is so."""
    if evidence.coverage >= GOOD_COVERAGE and evidence.genes >= MOST_GENES:
        return []
    return [
        f"The dataset has {percent(evidence.genes)} of the genes that the model reads, and "
        f"{percent(evidence.coverage)} of what they tell it: cells lie less apart than with all of them, and look "
        "less like known ones. If these are variable genes alone, give it all genes that were measured, as raw "
        "counts."
    ]
