"""The tables of benchmarks/transfer/pairs.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common import table
from transfer.self_training import BASELINES, CALIBRATED, DEFAULT, PAPER, PLAIN

TRAINED_ON_TARGET = (PAPER, DEFAULT, *BASELINES)
SHORT = {PLAIN: "plain", CALIBRATED: "calibrated", PAPER: "paper", DEFAULT: "default"} | {
    name: name.split(",")[0].split(" + ")[0] for name in BASELINES
}
SHORT[TRAINED_ON_TARGET[-1]] += ", truncated"


@dataclass(frozen=True, slots=True)
class Score:
    """One method on one pair at one number of cells; ``size`` is "all" or a number."""

    group: str
    source: str
    target: str
    size: str
    method: str
    mse: float
    pearson: float


@dataclass(frozen=True, slots=True)
class Means:
    """MSE and Pearson by method, means over the draws, of one pair at one size."""

    group: str
    source: str
    target: str
    size: str
    mse: dict[str, float]
    pearson: dict[str, float]

    def against_best(self) -> tuple[float, float]:
        """Return the calibrated MSE over the least of what was trained on the target, and Pearson less the most."""
        return (
            self.mse[CALIBRATED] / min(self.mse[m] for m in TRAINED_ON_TARGET),
            self.pearson[CALIBRATED] - max(self.pearson[m] for m in TRAINED_ON_TARGET),
        )


def means(scores: list[Score]) -> list[Means]:
    """Bring the scores of a pair and size together."""
    together: dict[tuple[str, str, str, str], dict[str, list[Score]]] = {}
    for score in scores:
        key = (score.group, score.source, score.target, score.size)
        together.setdefault(key, {}).setdefault(score.method, []).append(score)
    return [
        Means(
            *key,
            mse={method: float(np.mean([s.mse for s in found])) for method, found in methods.items()},
            pearson={method: float(np.mean([s.pearson for s in found])) for method, found in methods.items()},
        )
        for key, methods in together.items()
    ]


def summary(found: list[Means], sizes: list[str]) -> str:
    """Return the medians over pairs, and the worst pair against plain, by size."""
    rows = []
    for size in sizes:
        here = [m for m in found if m.size == size]
        to_paper = [m.mse[CALIBRATED] / m.mse[PAPER] for m in here]
        to_default = [m.mse[CALIBRATED] / m.mse[DEFAULT] for m in here]
        gain = [m.pearson[CALIBRATED] - m.pearson[PAPER] for m in here]
        gain_default = [m.pearson[CALIBRATED] - m.pearson[DEFAULT] for m in here]
        best = np.array([m.against_best() for m in here])
        worst_mse = max(m.mse[CALIBRATED] / m.mse[PLAIN] for m in here)
        worst_pearson = min(m.pearson[CALIBRATED] / m.pearson[PLAIN] for m in here)
        rows.append(
            [
                size,
                str(len(here)),
                f"{np.median(to_paper):.2f} / {np.median(gain):+.3f}",
                f"{np.median(to_default):.2f} / {np.median(gain_default):+.3f}",
                f"{np.median(best[:, 0]):.2f} / {np.median(best[:, 1]):+.3f}",
                f"{(best[:, 0] < 1).mean():.0%} / {(best[:, 1] > 0).mean():.0%}",
                f"{worst_mse:.3f} / {worst_pearson:.3f}",
            ]
        )
    header = [
        "cells",
        "pairs",
        "against preset paper",
        "against preset default",
        "against the best of all trained on the target",
        "pairs where it is better than the best",
        "worst pair against plain, ratios",
    ]
    return table(header, rows)


def report(scores: list[Score]) -> str:
    """Return the summary of each group of pairs and of all, and every pair."""
    found = means(scores)
    sizes = list(dict.fromkeys(m.size for m in found))
    groups = list(dict.fromkeys(m.group for m in found))
    parts = [
        "Calibrated; medians over pairs of MSE ratio / Pearson difference:",
        *(
            f"**{group}**\n\n" + summary([m for m in found if m.group == group], _have(found, group, sizes))
            for group in groups
        ),
    ]
    if len(groups) > 1:
        parts.append("**all pairs**\n\n" + summary(found, sizes))
    methods = (PLAIN, CALIBRATED, *TRAINED_ON_TARGET)
    parts.append("Every pair, MSE / Pearson:")
    header = ["trained on", "applied to", "cells", *(SHORT[m] for m in methods)]
    parts.append(
        table(header, [[m.source, m.target, m.size, *(_figures(m, method) for method in methods)] for m in found])
    )
    return "\n\n".join(parts)


def _have(found: list[Means], group: str, sizes: list[str]) -> list[str]:
    return [size for size in sizes if any(m.group == group and m.size == size for m in found)]


def _figures(found: Means, method: str) -> str:
    return f"{found.mse[method]:.4f} / {found.pearson[method]:.3f}"
