"""Methods x datasets: the figures that say the most of what is done with counts once they are filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cellfill.estimates import ESTIMATES
from cellfill_training.evaluation.protocols.filling import UNCHANGED, Policy
from common import table

from .kept import Kept, Reading, mean
from .methods import METHODS

# By protocol: what a figure is called, and its name.
HEADLINES: dict[str, tuple[tuple[str, str], ...]] = {
    "truth": (("correlation by gene", "gene_correlation"), ("gene-gene error", "gene_gene_error")),
    "clusters": (("ARI", "ari"), ("ARI, as many clusters as types", "matched_ari")),
    "simulation": (
        ("AUC, all genes", "auc_all"),
        ("AUC, the paper's", "auc"),
        ("false positives", "false_positives"),
        ("ARI", "ari"),
        ("ARI, as many clusters as types", "matched_ari"),
    ),
}


# What stands in the README of them: the dataset, or "" for all of a protocol, and the figures.
GLANCE: dict[str, tuple[str, tuple[str, ...]]] = {
    "truth": ("", ("gene_correlation", "gene_gene_error")),
    "clusters": ("zheng_pbmc14k_3500", ("ari",)),  # sorted cells: types that no counts were asked for
    "simulation": ("", ("auc_all", "false_positives")),
}


def as_used(kept: Kept, protocol: str) -> str:
    """Return the headline figures of every method in the read-out that it is used in."""
    return _used([(kept, dataset, *head) for dataset in kept.datasets for head in HEADLINES[protocol]])


def at_a_glance(protocols: Mapping[str, Kept]) -> str:
    """Return the figures of `GLANCE`, over all protocols that there is an outcome of, a row a method."""
    return _used(
        [
            (kept, dataset, called, figure)
            for protocol, (only, chosen) in GLANCE.items()
            if (kept := protocols.get(protocol))
            for called, figure in HEADLINES[protocol]
            if figure in chosen
            for dataset in kept.datasets
            if only in ("", dataset)
        ]
    )


def _used(columns: Sequence[tuple[Kept, str, str, str]]) -> str:
    """Return a row a method; a column is the outcomes, the dataset, what the figure is called, and its name."""
    rows = []
    for name, variant, label in _variants():
        reading = Reading(name, variant, METHODS[name].used)
        cells = [_one(kept, dataset, reading, figure) for kept, dataset, _, figure in columns]
        if set(cells) != {"-"}:
            rows.append([label, f"`{reading.read_out}`" if reading.read_out != UNCHANGED else UNCHANGED, *cells])
    return table(["method", "read-out", *(f"{dataset}: {called}" for _, dataset, called, _ in columns)], rows)


def by_estimate(kept: Kept, figure: str, *, policy: Policy) -> str:
    """Return one figure of every estimate that a method has; no imputation has one value."""
    suffix = ", all" if policy == "all" else ""
    rows = []
    for name, variant, label in _variants():
        cells = []
        for dataset in kept.datasets:
            found = [_one(kept, dataset, Reading(name, variant, e + suffix), figure) for e in ESTIMATES]
            alike = METHODS[name].used == UNCHANGED or set(found) == {"-"}
            cells.append(found[0] if alike else " / ".join(found))
        if set(cells) != {"-"}:
            rows.append([label, *cells])
    return table(["method", *kept.datasets], rows)


def _variants() -> list[tuple[str, str, str]]:
    return [(name, variant, label) for name, m in METHODS.items() for variant, label in m.gives.items()]


def _one(kept: Kept, dataset: str, reading: Reading, figure: str) -> str:
    value = mean(kept.draws(dataset, reading, figure))
    return f"{value:.3f}" if np.isfinite(value) else "-"
