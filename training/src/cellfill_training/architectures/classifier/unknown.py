"""How cells of no known type are told: two scores, as ranks among known cells of studies left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Share of the known cells of studies left out that is kept; the rest pays for what is not known.
KEPT = 0.965
# Fine where a threshold may lie.
_FINE, _COARSE = np.linspace(0, 0.1, 41), np.linspace(0.1, 1, 37)
LEVELS = tuple(float(x) for x in np.unique(np.concatenate([_FINE, _COARSE]).round(6)))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCheck:
    """Tables that make a score a rank, and the rank below which a cell is of no known type.

    Attributes
    ----------
    levels
        Ranks, from 0 to 1.
    profile, energy
        The score at each rank, ascending.
    threshold
        A cell is unassigned when the product of its two ranks is below.
    """

    levels: tuple[float, ...]
    profile: tuple[float, ...]
    energy: tuple[float, ...]
    threshold: float

    def suits(self, profile: NDArray[np.float64], energy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how well cells suit what is known, the product of their ranks: 0 to 1.

        A rank is 0 below and 1 above all known cells. Two low ranks count more than one: at as many foreign cells
        found, the product kept more known ones than the lesser of the two.
        """
        ranks = np.interp(profile, self.profile, self.levels) * np.interp(energy, self.energy, self.levels)
        return np.asarray(ranks, dtype=np.float64)


def unknown_check(
    profile: NDArray[np.float64], energy: NDArray[np.float64], study: NDArray[np.intp], *, kept: float
) -> UnknownCheck:
    """Make the tables of known cells that a network of the other studies scored.

    Every study weighs the same. The threshold keeps the share ``kept`` of the cells, in the mean over studies.

    Parameters
    ----------
    profile, energy
        (cells,) scores.
    study
        (cells,) number of the study.
    kept
        Share of known cells that is to be kept.
    """
    weights = 1 / np.bincount(study)[study]
    tables = [_quantiles(score, weights) for score in (profile, energy)]
    check = UnknownCheck(levels=LEVELS, profile=tables[0], energy=tables[1], threshold=0.0)
    threshold = _quantile(check.suits(profile, energy), weights, np.array([1 - kept]))[0]
    return UnknownCheck(levels=LEVELS, profile=tables[0], energy=tables[1], threshold=float(round(threshold, 6)))


def _quantiles(score: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, ...]:
    values = _quantile(score, weights, np.array(LEVELS))
    # A table that does not rise has no rank: equal values are told apart by less than a score ever is.
    return tuple(float(v) for v in np.maximum.accumulate(values) + np.arange(len(values)) * 1e-9)


def _quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return np.asarray(
        np.interp(levels, (reached - reached[0]) / max(reached[-1] - reached[0], 1e-300), values[order])
    )
