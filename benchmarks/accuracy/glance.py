"""A row a method: cellfill trained on the same cells against it, over all datasets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from cellfill.estimates import ESTIMATES
from common import table

from .claims import MEANS, OTHERS, Claim, against_best
from .kept import Kept
from .methods import METHODS

_MEAN = {"read_out": "expressed", "theirs": ("expressed",)}
_READ_OUT = {"read_out": "log_expressed", "theirs": ("log_expressed", "expressed")}
_MOLECULES = {"read_out": "expected", "theirs": ESTIMATES}
_LESS = {"form": "difference", "limit": 0.0}
# By protocol, each figure as a claim that lacks the others alone. "Within genes" is the mean of the correlations
# over the hidden entries of one gene: it asks which cells have more, not how much a gene has.
FIGURES: dict[str, tuple[partial[Claim], ...]] = {
    "masked": (
        partial(Claim, "MSE", figure="mse", **_MEAN),
        partial(Claim, "MSE, both read out for it", figure="mse", **_READ_OUT),
        partial(Claim, "Pearson", figure="pearson", **_MEAN, **_LESS),
        partial(Claim, "Pearson within genes", figure="pearson_by_gene", **_MEAN, **_LESS),
    ),
    "molecules": (
        partial(Claim, "Poisson loss, thousandths", figure="poisson", form="excess", limit=0.0, **_MOLECULES),
        partial(Claim, "log-normalised MSE", figure="log_mse", **_MOLECULES),
        partial(
            Claim,
            "log-normalised MSE, both read out for it",
            figure="log_mse_read_out",
            read_out="expected",
            theirs=MEANS,
        ),
    ),
}
_AS = {"ratio": "ratio", "excess": "less theirs", "difference": "less theirs"}


def glance_table(protocols: Mapping[str, Kept], variant: str) -> str:
    """Return a row for each other method: the median of each figure, and on how many datasets cellfill is ahead.

    Parameters
    ----------
    protocols
        Outcomes of the protocols in `FIGURES`; one that is missing has no columns.
    variant
        Of cellfill: ``""`` or ``calibrated``.
    """
    figures = [
        (protocols[name], figure) for name, parts in FIGURES.items() if name in protocols for figure in parts
    ]
    rows = []
    for other in OTHERS:
        cells = [_over_datasets(kept, figure(others=(other,)), variant) for kept, figure in figures]
        rows.append([METHODS[other].gives[""], *cells])
    heads = [figure(others=()) for _, figure in figures]
    return table(["against", *(f"{head.called}, {_AS[head.form]}" for head in heads)], rows)


def _over_datasets(kept: Kept, claim: Claim, variant: str) -> str:
    values = np.array([against_best(kept, dataset, variant, claim)[0] for dataset in kept.datasets])
    known = values[np.isfinite(values)]
    if not len(known):
        return "-"
    return f"{claim.written(float(np.median(known)))} ({sum(map(claim.holds, known))} of {len(known)})"
