"""cellfill trained on the very cells against every other method, dataset by dataset: what is claimed of it.

Where a claim names several others, the one that does best on that dataset and figure stands against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cellfill.estimates import ESTIMATES
from common import table

from .kept import Kept, Reading, over_both
from .methods import METHODS, OWN

OURS = "cellfill-default"
DEEPIMPUTE = ("deepimpute-program", "deepimpute-paper")
TRIVIAL = ("none", "gene-mean", "non-zero-mean")
PEERS = ("magic", "knn", "dca", "scvi")
MEANS = ("expected", "posterior")
OTHERS = tuple(name for name in METHODS if not name.startswith(OWN))


@dataclass(frozen=True, slots=True)
class Claim:
    """One column: a figure of cellfill's over, or less, that of the best of some others.

    Attributes
    ----------
    called
        Head of the column.
    others
        Methods that it is compared with.
    figure
        What is compared.
    read_out
        How cellfill is read.
    theirs
        How the others are read: the best of these that a method has.
    form
        ``ratio`` of a loss, which is to be at most ``limit``; ``excess`` of a loss that can be below zero, in
        thousandths, the same; ``difference`` of a correlation, which is to be at least that.
    limit
        Claimed.
    """

    called: str
    others: tuple[str, ...]
    figure: str
    read_out: str
    theirs: tuple[str, ...]
    form: Literal["ratio", "excess", "difference"] = "ratio"
    limit: float = 1.0

    def holds(self, value: float) -> bool:
        """Return whether a value is within the limit."""
        return value >= self.limit if self.form == "difference" else value <= self.limit

    def compare(self, ours: float, theirs: float) -> float:
        """Return what stands in the table."""
        if self.form == "ratio":
            return ours / theirs
        return (ours - theirs) * (1000 if self.form == "excess" else 1)

    def written(self, value: float) -> str:
        """Return a value as it stands in the table."""
        return {"ratio": f"{value:.3f}", "excess": f"{value:+.2f}", "difference": f"{value:+.3f}"}[self.form]


def _masked(called: str, others: tuple[str, ...], *, limit: float = 1.0) -> Claim:
    return Claim(called, others, "mse", "expressed", ("expressed",), limit=limit)


def _pearson(called: str, others: tuple[str, ...], *, limit: float = 0.0) -> Claim:
    return Claim(called, others, "pearson", "expressed", ("expressed",), form="difference", limit=limit)


def _molecules(called: str, figure: str, read_out: str) -> Claim:
    return Claim(called, OTHERS, figure, read_out, ESTIMATES)


def _logarithms(called: str, read_out: str) -> Claim:
    # A mean of all counts alone can be read out: `expressed` is one of those that were caught.
    return Claim(called, OTHERS, "log_mse_read_out", read_out, MEANS)


def _poisson(called: str, read_out: str) -> Claim:
    return Claim(called, OTHERS, "poisson", read_out, ESTIMATES, form="excess", limit=0.0)


CLAIMS: dict[str, tuple[Claim, ...]] = {
    "masked": (
        _masked("MSE / DeepImpute's", DEEPIMPUTE, limit=0.60),
        _pearson("Pearson - DeepImpute's", DEEPIMPUTE, limit=0.06),
        *(_masked(f"MSE / {METHODS[name].gives['']}", (name,)) for name in PEERS),
        _masked("MSE / best trivial", TRIVIAL),
        _pearson("Pearson - best of MAGIC, kNN, DCA, scVI", PEERS),
        _pearson("Pearson - best trivial", TRIVIAL),
        Claim(
            "read out for its metric: MSE / best", OTHERS, "mse", "log_expressed", ("log_expressed", "expressed")
        ),
    ),
    "molecules": (
        _poisson("Poisson loss of `expected` - best, thousandths", "expected"),
        _poisson("Poisson loss of `posterior` - best, thousandths", "posterior"),
        _molecules("log-normalised MSE of `expected` / best", "log_mse", "expected"),
        _molecules("log-normalised MSE of `posterior` / best", "log_mse", "posterior"),
        _logarithms("read out for its metric: `expected` / best", "expected"),
        _logarithms("read out for its metric: `posterior` / best", "posterior"),
    ),
}


def claims_table(kept: Kept, protocol: str, variant: str) -> str:
    """Return a row a dataset, their median, and each claim with the number of datasets that it holds on.

    Parameters
    ----------
    kept
        Outcomes of the protocol.
    protocol
        A key of `CLAIMS`.
    variant
        Of cellfill: ``""`` or ``calibrated``.
    """
    claims = CLAIMS[protocol]
    values = {dataset: [against_best(kept, dataset, variant, c) for c in claims] for dataset in kept.datasets}
    rows = [
        [dataset, *(_written(c, *cell) for c, cell in zip(claims, cells, strict=True))]
        for dataset, cells in values.items()
    ]
    known = [[cells[place][0] for cells in values.values()] for place in range(len(claims))]
    known = [[value for value in column if np.isfinite(value)] for column in known]
    rows.append(
        [
            "**median**",
            *(_written(c, float(np.median(v)) if v else np.nan) for c, v in zip(claims, known, strict=True)),
        ]
    )
    rows.append(["**holds on**", *(_held(c, column) for c, column in zip(claims, known, strict=True))])
    return table(["dataset", *(c.called for c in claims)], rows)


def against_best(kept: Kept, dataset: str, variant: str, claim: Claim) -> tuple[float, str]:
    """Return the ratio to, or difference from, the best of the others, and which that is; NaN of none."""
    ours = kept.draws(dataset, Reading(OURS, variant, claim.read_out), claim.figure)
    found = []
    for other in claim.others:
        for read_out in claim.theirs:
            a, b = over_both(ours, kept.draws(dataset, Reading(other, "", read_out), claim.figure))
            if np.isfinite(a):
                found.append((claim.compare(a, b), other))
    if not found:
        return float("nan"), ""
    value, name = min(found) if claim.form == "difference" else max(found)
    return value, name if len(claim.others) > 1 else ""


def _written(claim: Claim, value: float, other: str = "") -> str:
    if not np.isfinite(value):
        return "-"
    text = claim.written(value)
    return f"{text} ({other})" if other else text


def _held(claim: Claim, values: Sequence[float]) -> str:
    bound = f"at least {claim.limit:+.2f}" if claim.form == "difference" else f"at most {claim.limit:.2f}"
    return f"{bound}: {sum(map(claim.holds, values))} of {len(values)}"
