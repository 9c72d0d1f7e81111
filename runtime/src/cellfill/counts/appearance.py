"""Look at a sample of a matrix and say what its values are: counts, what counts can be had from, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.counts.plausible import are_plausible, shared_unit
from cellfill.counts.recover import LOG_OF_BASE, Form, Recovered, recover

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Kind = Literal["counts", "near-counts", "log1p-counts", "normalised-counts"]

# More molecules than a cell has; also where float32 stops holding every whole number.
MOST_COUNT = 2**24
_FORMS: tuple[Form, ...] = ("log1p", "linear", "log1p-base-2", "log1p-base-10")
_BASES: dict[Form, str] = {"log1p": "base e", "log1p-base-2": "base 2", "log1p-base-10": "base 10"}
# A form is tried on so many cells before it is checked on all of the sample.
_TRIAL_CELLS = 20
# Values above the unit must say so much together before a form is believed.
_LEAST_BITS = 100.0
# Usual target sums, by which genes that were dropped after normalising can be known.
_TARGET_SUMS = (1e4, 1e6, 1e5, 1e3)
# Sums that differ by less than this were made equal.
_EQUAL_SUMS = 1e-3
_EQUAL_ROUNDED_SUMS = 2e-2
# Decontaminated counts: so many of the values lie so close to a whole number that is not 0; 0.9 in any precision.
_NEAR, _NEAR_SHARE = 0.100001, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a sample of a matrix looks like.

    Attributes
    ----------
    kind
        Of counts; None where they cannot be had.
    seen
        What is seen, to go on with after "X holds" or "X".
    form, precision, step
        How to undo it, see `cellfill.counts.recover.recover`.
    """

    kind: Kind | None
    seen: str
    form: Form = "linear"
    precision: float = 2.0**-23
    step: float = 0.0


def look(sample: csr_matrix, *, dtype: np.dtype[Any]) -> Look:
    """Judge a sample of cells.

    Parameters
    ----------
    sample
        Cells x genes, CSR, canonical, without explicit zeros.
    dtype
        Of the values as they are stored.
    """
    values = sample.data
    refused = _impossible(values)
    if refused is not None:
        return Look(kind=None, seen=refused)
    if (values == np.rint(values)).all():
        if _is_binary(sample):
            return Look(kind=None, seen="holds only zeros and ones where counts would be higher: it is binary")
        return Look(kind="counts", seen="holds counts")
    precision = 2.0**-10 if dtype == np.float16 else 2.0**-23
    step, doubt = _decimals(values), ""
    for spacing in (0.0, step) if step else (0.0,):
        for form in _FORMS:
            if not _recoverable(sample[:_TRIAL_CELLS], form, precision, spacing):
                continue
            found = _recoverable(sample, form, precision, spacing)
            if found is None:
                continue
            if are_plausible(found, sample.indptr):
                return _recovered(sample, found, form, precision, spacing)
            doubt = doubt or _doubted(found, form)
    share = _near_share(values)
    if share >= _NEAR_SHARE and not _are_roots(values) and _spread(_sums(sample, values)) > _EQUAL_SUMS:
        seen = f"holds nearly counts (decontaminated or shared out: {share:.0%} are close to a whole number)"
        return Look(kind="near-counts", seen=seen)
    return Look(kind=None, seen=_describe(sample, step, doubt))


def _impossible(values: NDArray[Any]) -> str | None:
    """Say what values no form of counts can have."""
    if values.size == 0:
        return "holds only zeros: there are no counts to go by"
    finite = np.isfinite(values)
    if not finite.all():
        odd = int(values.size - finite.sum())
        return f"holds NaN or infinite values ({odd:,} of {values.size:,} stored values looked at)"
    if values.min() < 0:
        return f"holds negative values (the lowest is {values.min():.4g}): it was scaled, centred or corrected"
    if values.max() > MOST_COUNT:
        return f"holds values up to {values.max():.4g}, more than a cell has molecules"
    return None


def _is_binary(sample: csr_matrix) -> bool:
    """Return whether all is 0 or 1 though genes are detected so often that Poisson counts would pass 1."""
    if sample.data.max() > 1:
        return False
    share = np.bincount(sample.indices, minlength=sample.shape[1]) / sample.shape[0]
    mean = -np.log1p(-np.minimum(share, 0.99))
    above = 1 - np.exp(-mean) * (1 + mean)
    return bool(above.sum() * sample.shape[0] > 20)


def _decimals(values: NDArray[Any]) -> float:
    """Return half of the last decimal of values that were written with up to four, else 0."""
    some = values[:5000].astype(np.float64)
    for digits in range(1, 5):
        scaled = some * 10**digits
        if (np.abs(scaled - np.rint(scaled)) <= 1e-6 * scaled).all():
            return 0.5 * 10.0**-digits
    return 0.0


def _recoverable(sample: csr_matrix, form: Form, precision: float, step: float) -> Recovered | None:
    """Recover counts; None where the values do not prove them."""
    if form != "linear" and sample.data.max(initial=0) * LOG_OF_BASE[form] > 40:
        return None
    found = recover(sample.data, sample.indptr, form=form, precision=precision, step=step)
    if form == "linear" and 0.5 < (np.abs(found.units - 1) < 1e-4).mean() < 1:
        return None  # most cells hold counts as they are: a fraction in another was not made by normalising it
    # The first cells may be empty: the others will tell.
    enough = found.bits >= _LEAST_BITS or sample.data.size == 0
    return found if enough and found.proven.all() else None


def _doubted(found: Recovered, form: Form) -> str:
    """Say what multiples are that are not plausible as counts."""
    unit = shared_unit(found)
    of = f"whole multiples of {unit:.4g}" if unit else "whole multiples of one number in each cell"
    what = of if form == "linear" else f"log1p ({_BASES[form]}) of {of}"
    return f"{what}, with fewer low ones than counts would have (corrected or normalised, then rounded?)"


def _recovered(sample: csr_matrix, found: Recovered, form: Form, precision: float, step: float) -> Look:
    units = found.units[np.isfinite(found.units)]
    totals = _sums(sample, found.counts)[np.isfinite(found.units)]
    what = _normalisation(units, totals)
    seen = f"holds {what}" if form == "linear" else f"holds log1p of {what} ({_BASES[form]})"
    kind: Kind = "normalised-counts" if form == "linear" else "log1p-counts"
    return Look(kind=kind, seen=seen, form=form, precision=precision, step=step)


def _normalisation(units: NDArray[np.float64], totals: NDArray[np.float64]) -> str:
    """Say what counts were multiplied by."""
    if np.allclose(units, units[0], rtol=1e-4):
        return "counts" if abs(units[0] - 1) < 1e-4 else f"counts times {units[0]:.6g}"
    if _spread(units * totals) < _EQUAL_SUMS:
        return f"counts per {float(np.median(units * totals)):,.0f}"
    for target in _TARGET_SUMS:
        whole = target / units
        if (np.abs(whole - np.rint(whole)) < np.minimum(1e-5 * whole + 1e-3, 0.2)).mean() > 0.95:
            return f"counts per {target:,.0f} of more genes than there are here"
    return "counts by size factor"


def _near_share(values: NDArray[Any]) -> float:
    whole = np.rint(values)
    return float(((np.abs(values - whole) <= _NEAR) & (whole >= 1)).mean())


def _are_roots(values: NDArray[Any]) -> bool:
    squares = values.astype(np.float64) ** 2
    return bool((np.abs(squares - np.rint(squares)) <= 1e-5 * np.maximum(squares, 1)).all())


def _describe(sample: csr_matrix, step: float, doubt: str) -> str:
    """Say what values look like from which counts cannot be had."""
    values = sample.data.astype(np.float64)
    kinds = f"holds fractions (for example {_example(values):.4g}; the highest value is {values.max():.4g})"
    why = "but these are no multiples of counts (TPM, imputed, scaled, or corrected after normalising?)"
    if step:
        why = f"rounded to steps of {2 * step:g}: too coarse to have the counts back"
    sums = _sums(sample, values)
    if _spread(sums) < _EQUAL_SUMS:
        what = doubt or "it looks normalised, but not from counts (TPM?)"
        return f"{kinds}, with sums of {np.median(sums):,.0f} a cell: {what}"
    if _are_roots(values):
        return f"{kinds}: it looks like square roots of counts"
    if values.max() > 40:
        what = doubt or "it looks normalised or corrected, and not by one factor a cell (TPM, FPKM, imputed?)"
        return f"{kinds}: {what}"
    for form, base in _BASES.items():
        sums = _sums(sample, np.expm1(values * LOG_OF_BASE[form]))
        if _spread(sums) < _EQUAL_SUMS or (step and _spread(sums) < _EQUAL_ROUNDED_SUMS):
            return (
                f"{kinds}: it looks like log1p ({base}) of values that sum to {np.median(sums):,.0f} a cell, {why}"
            )
    return f"{kinds}: {doubt or f'it looks log-normalised, {why}'}"


def _example(values: NDArray[np.float64]) -> float:
    return float(values[values != np.rint(values)][0])


def _sums(sample: csr_matrix, values: NDArray[Any]) -> NDArray[np.float64]:
    cell = np.repeat(np.arange(sample.shape[0]), np.diff(sample.indptr))
    return np.bincount(cell, weights=values, minlength=sample.shape[0]).astype(np.float64, copy=False)


def _spread(sums: NDArray[np.float64]) -> float:
    """Return how much the cells' sums differ, relatively; cells without values are not counted."""
    some = sums[sums > 0]
    middle = float(np.median(some)) if len(some) else 0.0
    return float(np.quantile(np.abs(some - middle), 0.9)) / middle if len(some) >= 3 and middle > 0 else np.inf
