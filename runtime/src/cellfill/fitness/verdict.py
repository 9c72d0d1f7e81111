"""What the figures of a check mean, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["fits", "fits with limits", "does not fit"]

# docs/check.md has the figures behind these, of models on studies that they have not seen, on other tissues, and on
# genes in a wrong order.
GOOD_SHARE, LEAST_SHARE = 0.7, 0.2
GOOD_KNOWLEDGE, LEAST_KNOWLEDGE = 0.62, 0.3


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
        What the model knows of the differences between these cells, as a share of what they teach by themselves;
        NaN where it was not measured, or they teach nothing.
    known
        Share of the judged genes that the model itself likelier predicts better than the baseline than not.
    genes
        How many were judged.
    """

    level: float
    knowledge: float
    known: float
    genes: int


def judge(evidence: Evidence) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and why, one sentence a reason."""
    level, known, knowledge = evidence.level, evidence.known, evidence.knowledge
    number, share = round(known * evidence.genes), int(known * 100)
    of_genes = f"{number:,} of the {evidence.genes:,} genes that could be checked ({share}%)"
    if level <= 0:
        return "does not fit", (
            "Knowing the model is worse than knowing nothing but each gene's mean: what it learned of cells is not "
            "true of these.",
        )
    reasons = [f"It predicts {of_genes} better than the gene's mean does."]
    if knowledge == knowledge:
        reasons.append(
            f"It knows {knowledge:.0%} of what these cells teach by themselves about how they differ"
            + (", and so adds to it." if knowledge >= GOOD_KNOWLEDGE else ".")
        )
    if known < LEAST_SHARE or knowledge < LEAST_KNOWLEDGE:
        return "does not fit", tuple(reasons)
    if known < GOOD_SHARE or knowledge < GOOD_KNOWLEDGE:
        return "fits with limits", tuple(reasons)
    return "fits", tuple(reasons)
