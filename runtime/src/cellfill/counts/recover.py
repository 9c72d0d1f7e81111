"""Recover counts from normalised or log-transformed values, cell by cell, where the values prove what they were.

Normalising multiplies the counts of a cell by one number and log1p follows: undone, every value of the cell is a
whole multiple of one unit. Values that were scaled, regressed, corrected or divided by gene lengths are not.
The one thing that cannot be known is a factor that all counts of a cell share. It is taken to be 1: a cell of which
every count is even comes back halved. Counts of twenty genes or more share none, unless something multiplied them.
A target sum does not tell: unit x sum of the recovered counts is the target, whatever the factor was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

Form = Literal["linear", "log1p", "log1p-base-2", "log1p-base-10"]
LOG_OF_BASE: dict[Form, float] = {
    "log1p": 1.0,
    "log1p-base-2": float(np.log(2)),
    "log1p-base-10": float(np.log(10)),
}

# A cell's smallest count is looked for up to here; deep cells of few genes have none of 1.
_LARGEST_LEAST = 64
# Two roundings on the count scale (the factor, the product) and two of the logarithm, each of one unit in the
# last place: what float32 arithmetic leaves.
_ROUNDINGS = 2.0
# Where a count is so high that its last digit is lost, so much of it may be.
_LOST_SHARE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Counts that were recovered.

    Attributes
    ----------
    counts
        One for each value, whole numbers.
    units
        Of each cell: what a count of 1 became, before the logarithm; NaN for a cell without values.
    proven
        Whether every value of the cell is a whole multiple of its unit, within the precision of the values.
    bits
        How much the values above the unit say, in bits: values that fit by chance have next to none.
    """

    counts: Float64
    units: Float64
    proven: NDArray[np.bool_]
    bits: float


def recover(
    values: NDArray[np.floating], indptr: NDArray[np.integer], *, form: Form, precision: float, step: float = 0.0
) -> Recovered:
    """Find the unit of each cell and the multiples of it.

    Parameters
    ----------
    values
        Positive values, cell after cell, as in a CSR matrix.
    indptr
        Where each cell begins, and the end.
    form
        What was done to counts: multiplied (``linear``), and log1p to a base taken.
    precision
        Relative spacing of the values: 2**-23 for float32, and for float64 computed in it.
    step
        Absolute spacing of the values, where they were written with few decimals.
    """
    linear, error = _undo(values.astype(np.float64), form, precision, step)
    sizes = np.diff(indptr)
    some = np.flatnonzero(sizes)
    cell = np.repeat(np.arange(len(some)), sizes[some])
    starts = np.asarray(indptr[:-1])[some]
    unit = np.minimum.reduceat(linear, starts) if len(some) else np.zeros(0)
    doubt = np.maximum.reduceat(error, starts) if len(some) else np.zeros(0)
    counts, refined, fits, tolerance = _fit(linear, error, cell, unit, doubt)
    for index in np.flatnonzero(~fits):
        part = slice(starts[index], starts[index] + sizes[some[index]])
        found = _search(linear[part], error[part], float(doubt[index]))
        if found is not None:
            counts[part], refined[index], tolerance[part] = found
            fits[index] = True
    units, proven = np.full(len(sizes), np.nan), np.ones(len(sizes), dtype=bool)
    units[some], proven[some] = refined, fits
    told = tolerance[(counts >= 2) & fits[cell]]
    return Recovered(
        counts=counts,
        units=units,
        proven=proven,
        bits=float(-np.log2(np.clip(2 * told, 1e-9, 1)).sum()),
    )


def _undo(values: Float64, form: Form, precision: float, step: float) -> tuple[Float64, Float64]:
    """Return the values before the logarithm, and the relative error of each."""
    if form == "linear":
        return values, _ROUNDINGS * precision + step / np.maximum(values, 1e-300)
    logs = values * LOG_OF_BASE[form]
    with np.errstate(over="ignore"):
        linear = np.expm1(logs)
    spacing = _ROUNDINGS * precision * logs + step * LOG_OF_BASE[form]
    return linear, _ROUNDINGS * precision + spacing * (1 + 1 / np.maximum(linear, 1e-300))


def _fit(
    linear: Float64, error: Float64, cell: NDArray[np.intp], unit: Float64, doubt: Float64
) -> tuple[Float64, Float64, NDArray[np.bool_], Float64]:
    """Round to multiples of a unit, make the unit precise by all of them, and round again.

    Returns
    -------
    The counts, the precise units, whether each cell fits, and how far each multiple may be off.
    """
    number = len(unit)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        multiple = linear / unit[cell]
        counts = np.rint(multiple)
        sure = counts * (error + doubt[cell]) < 0.25
        held = np.where(sure, linear, 0.0)
        total = np.bincount(cell, weights=np.where(sure, counts, 0.0), minlength=number)
        refined = np.bincount(cell, weights=held, minlength=number) / np.maximum(total, 1.0)
        multiple = linear / refined[cell]
        counts = np.rint(multiple)
        tolerance = counts * (error + doubt[cell])
        bad = ~(np.abs(multiple - counts) <= tolerance) | (counts < 1)
        bad |= (tolerance >= 0.5) & (error + doubt[cell] > _LOST_SHARE)
    fits = np.bincount(cell, weights=bad, minlength=number) == 0
    return counts, refined, fits, tolerance


def _search(linear: Float64, error: Float64, doubt: float) -> tuple[Float64, float, Float64] | None:
    """Find the smallest count that the lowest value of a cell can be, if not 1."""
    cell = np.zeros(len(linear), dtype=np.intp)
    for least in range(2, _LARGEST_LEAST + 1):
        unit = np.array([linear.min() / least])
        counts, refined, fits, tolerance = _fit(linear, error, cell, unit, np.array([doubt]))
        if fits[0]:
            return counts, float(refined[0]), tolerance
    return None
