"""What was kept, looked up: one figure of one reading, by draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cellfill_training.evaluation.protocols.filling import UNCHANGED

from .settings import SETTINGS

# Dataset, protocol, seed, method, and what one file holds.
Outcome = tuple[str, str, int, str, dict[str, Any]]
Draws = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """One method, in one of its variants, as one read-out: an estimate, or an estimate and a policy."""

    method: str
    variant: str
    read_out: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The outcomes of one protocol."""

    outcomes: Sequence[Outcome]

    @property
    def datasets(self) -> list[str]:
        """The datasets that there is an outcome for, in the order of the settings."""
        there = {dataset for dataset, *_ in self.outcomes}
        return [dataset for dataset in SETTINGS if dataset in there]

    def draws(self, dataset: str, reading: Reading, figure: str) -> Draws:
        """Return a figure over all genes, by seed; counts as they are stand for every read-out of no imputation."""
        found = {}
        for name, _, seed, method, entry in self.outcomes:
            if name != dataset or method != reading.method:
                continue
            scores = entry.get("variants", {}).get(reading.variant, {}).get("all", {})
            value = scores.get(reading.read_out, scores.get(UNCHANGED, {})).get(figure, np.nan)
            if np.isfinite(value):
                found[seed] = float(value)
        return found


def by_protocol(outcomes: Iterable[Outcome]) -> dict[str, Kept]:
    """Return the outcomes of each protocol."""
    parts: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        parts.setdefault(outcome[1], []).append(outcome)
    return {protocol: Kept(found) for protocol, found in parts.items()}


def mean(draws: Draws) -> float:
    """Return the mean over the draws, NaN of none."""
    return float(np.mean(list(draws.values()))) if draws else float("nan")


def over_both(ours: Draws, theirs: Draws) -> tuple[float, float]:
    """Return the means of two figures over the draws that both have, so that they are of the same cells."""
    both = sorted(ours.keys() & theirs.keys())
    return mean({seed: ours[seed] for seed in both}), mean({seed: theirs[seed] for seed in both})
