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
ALONE, HELPED = "by itself", "corrected on your cells"
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
        Whether predictions alone, of zeros and of counts, tell hidden molecules better than the counts do as they
        are. With zeros filled and counts kept the counts alone were never better (benchmarks/fitness/written.md),
        so that it limits nothing.
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


def predicted(*, alone: int, helped: int | None, genes: int, beside: str = "") -> str:
    """Say of how many genes a model is better than their mean: by itself, and corrected on the cells.

    The one sentence on it: a check, an imputation, a recommendation and a report all say it so.

    Parameters
    ----------
    alone
        Genes that it predicts better by itself; only the level of each is corrected.
    helped
        Those that it predicts better with all that is learned from the cells; None where nothing is.
    genes
        How many were judged.
    beside
        What stands beside the first of these, in brackets.
    """
    share = f"{alone:,} of {genes:,} genes ({alone * 100 // max(genes, 1)}%) better than the gene's mean does"
    of_genes = f"{share} ({beside})" if beside else share
    if helped is None:
        return f"It predicts {of_genes}."
    return f"{_capital(ALONE)}, it predicts {of_genes}; {HELPED}, {helped:,}."


def passed_genes(*, passed: int, genes: int, helped: bool) -> str:
    """Say how many of the genes that were tried would be filled; ``helped`` where the model is corrected first."""
    who = f"{HELPED}, it predicts" if helped else "it predicts"
    return f"{who} {passed:,} of {genes:,} genes better than the gene's mean does"


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and why, one sentence a reason: first what keeps the model from fitting, if anything."""
    if evidence.level <= 0:
        who = "It" if math.isnan(evidence.helped) else f"{_capital(ALONE)}, it"
        return "does not fit", (
            f"{who} predicts these cells worse than the gene's mean does: what it learned of others is not true of "
            "these, or it has learnt too little (its card says how good it is).",
        )
    told = [fact for fact in (_genes(evidence), _differences(evidence), _similarity(evidence)) if fact.said]
    facts = [fact.said for fact in sorted(told, key=lambda fact: _WORSE.index(fact.verdict), reverse=True)]
    if any(fact.verdict == "does not fit" for fact in told):
        return "does not fit", tuple(facts)
    limited = any(fact.verdict != "fits" for fact in told)
    advice = _advice(evidence)
    return ("fits with limits" if limited or advice else "fits"), (*facts, *advice, *_notes(evidence))


@dataclass(frozen=True, slots=True)
class _Fact:
    """One of the facts that decide, what it would make of the verdict alone, and a sentence; empty for none."""

    verdict: Verdict
    said: str


_WORSE: tuple[Verdict, ...] = ("fits", "fits with limits", "does not fit")


def _level(value: float, *, least: float, good: float) -> Verdict:
    """Return what a figure makes of the verdict; one that was not measured, nothing."""
    return "does not fit" if value < least else "fits with limits" if value < good else "fits"


def _differences(evidence: Evidence) -> _Fact:
    """Say what the model knows of how these cells differ."""
    share = evidence.knowledge
    if math.isnan(share):
        return _Fact("fits", "")
    verdict = _level(share, least=LEAST_KNOWLEDGE, good=GOOD_KNOWLEDGE)
    beside = {
        "does not fit": f"; a model of a related tissue predicts {LEAST_KNOWLEDGE:.0%} or more",
        "fits with limits": f"; models of the same tissue predict {GOOD_KNOWLEDGE:.0%} or more",
    }.get(verdict, "")
    if share >= 1:
        said = (
            "It predicts the differences between these cells as well as many such cells would teach them, or better"
        )
        return _Fact(verdict, f"{said} ({percent(share)}).")
    # Rounded down: what is just short of a limit must not read as if it were there.
    said = f"It predicts {percent(share)} of the differences between these cells that many such cells would teach"
    return _Fact(verdict, f"{said}{beside}.")


def _genes(evidence: Evidence) -> _Fact:
    """Say how many genes the model predicts better than their mean."""
    verdict = _level(evidence.known, least=LEAST_SHARE, good=GOOD_SHARE)
    beside = {
        "does not fit": f"one that fits: {LEAST_SHARE:.0%} or more",
        "fits with limits": f"one that fits without limits: {GOOD_SHARE:.0%} or more",
    }.get(verdict, "")
    said = predicted(
        alone=round(evidence.known * evidence.genes),
        helped=None if math.isnan(evidence.helped) else round(evidence.helped * evidence.genes),
        genes=evidence.genes,
        beside=beside,
    )
    return _Fact(verdict, said)


def _similarity(evidence: Evidence) -> _Fact:
    """Say that the genes' levels are not those of the training cells, where that is so."""
    verdict = _level(evidence.likeness, least=LEAST_LIKENESS, good=GOOD_LIKENESS)
    found = two_places(evidence.likeness) if verdict != "fits" else ""
    said = {
        "does not fit": f"The genes' mean levels are not those of its training cells (correlation {found}; "
        f"{LEAST_LIKENESS:.2f} or more in a related tissue): these are other cells, though some of its kind may be "
        "among them.",
        "fits with limits": f"The genes' mean levels are less similar to those of its training cells (correlation "
        f"{found}) than in the same tissue ({GOOD_LIKENESS:.2f} or more): a related tissue, stimulated cells and "
        "another platform look alike. Make sure by the model's card (`cellfill show MODEL`).",
    }
    return _Fact(verdict, said.get(verdict, ""))


def _advice(evidence: Evidence) -> list[str]:
    """Return what else keeps a model that fits from fitting without limits, and what to do."""
    advice = []
    if evidence.knowledge < GOOD_KNOWLEDGE:
        advice.append("Rely only on genes that it surely predicts (`cellfill check --genes FILE`, column trusted).")
    if evidence.cells < SURE_CELLS:
        advice.append(
            f"With fewer than {SURE_CELLS} cells, a model of a related tissue looks like one of the right tissue: "
            "make sure by the model's card (`cellfill show MODEL`)."
        )
    if evidence.genes < SURE_GENES:
        advice.append(f"Fewer than {SURE_GENES} genes say little.")
    return advice


def _notes(evidence: Evidence) -> list[str]:
    """Return what to know of a model that fits; it limits nothing."""
    if evidence.ahead:
        return []
    return [
        "Where a gene was counted, its count says more than the prediction does: keep it, as the default does, or "
        "weigh both (--estimate posterior)."
    ]


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
