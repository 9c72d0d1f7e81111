"""Tell counts of molecules from other whole multiples of a unit, by how often each of them occurs.

Values that were written with few decimals are whole multiples of the last one, whatever they are: of 0.87 times
the counts, to one decimal, 0.9 and 1.7 are 9 and 17 times 0.1. So that a unit fits proves little where it is a
decimal, or another whole part of 1 (halves, of molecules that were shared out), and not each cell's own.

In counts of molecules, all genes together, low ones are more frequent than high ones, of shallow cells and of deep
ones. What was corrected and rounded has few low multiples, or gaps between those that the counts became.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.counts.recover import Recovered

# Counts are compared in windows, each wider by a quarter than the one before, up to this one.
_HIGHEST = 10_000
# A window that holds less of the values is of a few genes.
_LEAST_SHARE = 0.05
# So many times as frequent a higher count may be as any lower one, where the unit is a part of 1. Where each cell
# has its own, only leaps are refused, from one window to the next or the second next: the highest genes of deep
# cells alone have more of 3 than of 1, too.
_MOST_ABOVE_ANY, _MOST_LEAP = 1.2, 3.0
# It must be more frequent by so many standard deviations (of Poisson counts).
_SURE = 3.0
# Units that differ by less, relatively, are the same; so much of a whole number may be lost.
_SAME, _LOST = 1e-4, 0.1


def shared_unit(found: Recovered) -> float:
    """Return the unit of which the units of all cells are whole multiples; 0.0 for none."""
    units = found.units[np.isfinite(found.units)]
    lowest = float(units.min())
    return lowest if bool(_whole(units / lowest).all()) else 0.0


def are_plausible(found: Recovered, indptr: NDArray[np.integer]) -> bool:
    """Return whether recovered counts can be counts of molecules.

    Parameters
    ----------
    found
        Counts of a sample of cells, at least one, each proven a multiple of its cell's unit.
    indptr
        Where each cell begins, and the end.
    """
    if _are_shifted(found.counts):
        return False
    unit = shared_unit(found)
    if abs(unit - 1) < _SAME:  # whole numbers as they are
        return True
    if unit == 0 or 1 / unit < 1.5 or not _whole(1 / unit):
        return not _rise(found.counts, times=_MOST_LEAP, reach=2)
    with np.errstate(invalid="ignore"):
        multiples = found.counts * np.repeat(np.rint(found.units / unit), np.diff(indptr))
    return bool((multiples == 1).any()) and not _rise(multiples, times=_MOST_ABOVE_ANY, reach=_HIGHEST)


def _whole(ratio: NDArray[np.float64] | float) -> NDArray[np.bool_]:
    return np.abs(ratio - np.rint(ratio)) <= np.minimum(_SAME * np.asarray(ratio), _LOST)


def _are_shifted(counts: NDArray[np.float64]) -> bool:
    """Return whether all differ by multiples of a number that they are no multiples of: 1, 3, 5."""
    apart = int(np.gcd.reduce(np.abs(counts - counts[0]).astype(np.int64)))
    return apart > 1 and counts[0] % apart != 0


def _rise(counts: NDArray[np.float64], *, times: float, reach: int) -> bool:
    """Return whether counts of a window are so many times as frequent as in one below it.

    Parameters
    ----------
    times
        How many times.
    reach
        How many windows below it are looked at.
    """
    edges = [1]
    while edges[-1] < _HIGHEST:
        edges.append(max(edges[-1] + 1, edges[-1] * 5 // 4))
    number, width = np.histogram(counts, bins=edges)[0].astype(float), np.diff(edges)
    for high in np.flatnonzero(number >= _LEAST_SHARE * len(counts)):
        below = slice(max(high - reach, 0), high)
        ratio = times * width[high] / width[below]
        more = number[high] - ratio * number[below]
        if (more > _SURE * np.sqrt(number[high] + ratio**2 * number[below])).any():
            return True
    return False
