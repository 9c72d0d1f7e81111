"""What the figures of a check mean, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from cellfill.text.figures import percent, two_places

Verdict = Literal["fits", "fits with limits", "does not fit", "not tested"]

# docs/check.md has the figures behind these, of models on studies that they have not seen, on other tissues, and on
# genes in a wrong order.
GOOD_SHARE, LEAST_SHARE = 0.7, 0.2
GOOD_KNOWLEDGE, LEAST_KNOWLEDGE = 0.62, 0.3
GOOD_LIKENESS, LEAST_LIKENESS = 0.88, 0.6
# With fewer, a model of a related tissue cannot be told from one of the right tissue.
SURE_CELLS, SURE_GENES = 100, 100
# What is said of a model of which the level of each gene is corrected and no more, and of one that is corrected as
# imputing does it.
ALONE, HELPED = "by itself, without your cells", "helped by your cells"
# So many cells teach half of what many would: in the median of seven datasets 100 teach .79 of what 2,000 do, 300
# .95 (benchmarks/fitness/verdicts.md).
HALF_TAUGHT = 28.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict rests on.

    Attributes
    ----------
    level
        Gain over gene mean x library of the model with its gene levels corrected, in nats a hidden molecule: what
        it knows of the differences between these cells. Of a model without means (``expressed`` only), the share of
        the squared error that it takes off the non-zero mean + library slope.
    knowledge
        What the model knows of the differences between these cells, as a share of what many cells like them would
        teach by themselves; NaN where it was not measured, or they teach nothing.
    known
        Share of the judged genes that the model itself likelier predicts better than the baseline than not.
    genes
        How many were judged.
    cells
        How many were looked at.
    ahead
        Whether what imputing gives predicts hidden molecules better than the counts do as they are.
    helped
        Share of the judged genes that it predicts better than the baseline once it is corrected on these cells:
        those that imputing fills. NaN where it is not corrected, or ``known`` is of the corrected model.
    likeness
        Correlation of the genes' mean levels with those in the training cells; NaN where it was not measured.
    """

    level: float
    knowledge: float
    known: float
    genes: int
    cells: int
    ahead: bool = True
    helped: float = math.nan
    likeness: float = math.nan


def predicted(*, alone: int, helped: int | None, genes: int) -> str:
    """Say of how many genes a model is better than their mean: by itself, and helped by the cells.

    The one sentence on it: a check, an imputation, a recommendation and a report all say it so.

    Parameters
    ----------
    alone
        Genes that it predicts better by itself; only the level of each is corrected.
    helped
        Those that it predicts better with all that is learned from the cells; None where nothing is.
    genes
        How many were judged.
    """
    of_genes = f"{alone:,} of the {genes:,} genes that could be checked ({alone * 100 // max(genes, 1)}%)"
    if helped is None:
        return f"It predicts {of_genes} better than the gene's mean does."
    by_itself = f"{ALONE[0].upper()}{ALONE[1:]}, it predicts {of_genes} better than the gene's mean does"
    return f"{by_itself}; {HELPED}, {helped:,}."


def passed_genes(*, passed: int, genes: int, helped: bool) -> str:
    """Say how many of the genes that were tried would be filled; ``helped`` where the model is corrected first."""
    who = f"{HELPED}, it predicts" if helped else "it predicts"
    return f"{who} {passed:,} of {genes:,} genes better than the gene's mean does"


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and why, one sentence a reason."""
    level, known, knowledge = evidence.level, evidence.known, evidence.knowledge
    if level <= 0:
        who = "It" if math.isnan(evidence.helped) else f"{ALONE[0].upper()}{ALONE[1:]}, it"
        return "does not fit", (
            f"{who} is worse than knowing nothing but each gene's mean: what it learned of cells is not true of "
            "these.",
        )
    reasons = [
        predicted(
            alone=round(known * evidence.genes),
            helped=None if math.isnan(evidence.helped) else round(evidence.helped * evidence.genes),
            genes=evidence.genes,
        )
    ]
    if knowledge == knowledge:
        # Rounded down: what is just short of a limit must not read as if it were there.
        share = f"{percent(knowledge)} of what" if knowledge < 1 else "all that"
        beyond = f", and more ({percent(knowledge)})" if knowledge >= 1 else ""
        reasons.append(f"It knows {share} many such cells would teach about how they differ{beyond}.")
    if known < LEAST_SHARE:
        reasons.append(f"A model that fits predicts {LEAST_SHARE:.0%} of the genes better at least.")
    if knowledge < LEAST_KNOWLEDGE:
        reasons.append(f"A model of a related tissue knows {LEAST_KNOWLEDGE:.0%} at least.")
    if evidence.likeness < LEAST_LIKENESS:
        reasons.append(
            "Its genes' levels are unlike those of its training cells (correlation "
            f"{two_places(evidence.likeness)}; {LEAST_LIKENESS:.2f} and more in a related tissue): these are other "
            "cells, though some of its kind may be among them."
        )
    if known < LEAST_SHARE or knowledge < LEAST_KNOWLEDGE or evidence.likeness < LEAST_LIKENESS:
        return "does not fit", tuple(reasons)
    limits = _limits(evidence)
    return ("fits with limits" if limits else "fits"), (*reasons, *limits)


def _limits(evidence: Evidence) -> list[str]:
    """Return what keeps a model that fits from fitting without limits."""
    limits = []
    if evidence.known < GOOD_SHARE:
        limits.append(f"Models that fit predict {GOOD_SHARE:.0%} of the genes better.")
    if evidence.knowledge < GOOD_KNOWLEDGE:
        limits.append(
            f"Models of the same tissue know {GOOD_KNOWLEDGE:.0%} and more: rely only on genes that it surely "
            "knows (`cellfill check --genes FILE`, column trusted)."
        )
    if evidence.likeness < GOOD_LIKENESS:
        limits.append(
            "Its genes' levels are less like those of its training cells (correlation "
            f"{two_places(evidence.likeness)}) than in the same tissue ({GOOD_LIKENESS:.2f} and more): a related "
            "tissue, stimulated cells and another platform "
            "look alike. Make sure by the model's card (`cellfill show MODEL`)."
        )
    if not evidence.ahead:
        limits.append("The counts as they are predict hidden molecules better than imputed ones do.")
    if evidence.cells < SURE_CELLS:
        limits.append(
            f"With fewer than {SURE_CELLS} cells, a model of a related tissue looks like one of the right tissue: "
            "make sure of it by the model's card (`cellfill show MODEL`)."
        )
    if evidence.genes < SURE_GENES:
        limits.append(f"Fewer than {SURE_GENES} genes say little.")
    return limits
