"""An embedding in two dimensions: its own two, or the strongest directions of cells that are known, or of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import UsageError
from cellfill.text.reasons import reason

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float64 = NDArray[np.float64]

_FAR = 1e100


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Cells in two dimensions.

    Attributes
    ----------
    cells, reference
        Cells x 2; the cells of a model's reference, on the same plane, or None.
    axes
        What the two dimensions are.
    """

    cells: Float64
    reference: Float64 | None
    axes: tuple[str, str]


def plane_of(places: ArrayLike, reference: NDArray[Any] | None = None) -> Plane:
    """Return cells in two dimensions.

    Parameters
    ----------
    places
        Cells x dimensions, two of them finite at least; NaN for cells without a place.
    reference
        Known cells x dimensions: the plane is theirs then, and the same whatever the new cells are.
    """
    points = np.asarray(places, dtype=np.float64)
    known = points if reference is None else np.asarray(reference, dtype=np.float64)
    if points.shape[1] == 2:
        return Plane(cells=points, reference=None if reference is None else known, axes=("1", "2"))
    if points.shape[1] < 2 or len(known) < 2:
        return Plane(cells=_flat(points), reference=None if reference is None else _flat(known), axes=("1", "2"))
    if reference is None:  # cells without a place do not say where the others lie
        known = known[np.isfinite(known).all(axis=1)]
    middle = known.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(known.T))
    two = vectors[:, np.argsort(-values, kind="stable")[:2]]
    two = two * np.where(two[np.abs(two).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    share = np.sort(np.maximum(values, 0))[::-1][:2] / max(float(np.maximum(values, 0).sum()), 1e-12)
    whose = "" if reference is None else " of the reference"
    return Plane(
        cells=(points - middle) @ two,
        reference=None if reference is None else (known - middle) @ two,
        axes=(f"PC 1 ({share[0]:.0%} of variance{whose})", f"PC 2 ({share[1]:.0%})"),
    )


def _flat(points: Float64) -> Float64:
    """Return the first two dimensions; of one the second is 0."""
    flat = np.zeros((len(points), 2))
    flat[:, : points.shape[1]] = points[:, :2]
    return flat


def places_of(values: Any, name: str) -> tuple[Float64, NDArray[np.bool_]]:
    """Return the places of the cells that have one, and which these are.

    Parameters
    ----------
    values
        Cells x dimensions, whatever a person gave.
    name
        What a message calls it.

    Raises
    ------
    UsageError
        When it is no matrix of numbers, or no cell has a place.
    """
    values = values.toarray() if hasattr(values, "toarray") else values
    try:
        points = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is no matrix of numbers, cells x dimensions ({reason(error)}).") from None
    if points.ndim != 2 or points.shape[1] == 0:
        raise UsageError(f"{name} is of shape {points.shape}; it must be cells x dimensions.")
    # Squares of larger numbers are infinite.
    there: NDArray[np.bool_] = np.asarray((np.abs(points) < _FAR).all(axis=1))
    if not there.any():
        raise UsageError(f"No cell has a place in {name}: it has no row, or NaN or infinite values in each.")
    return points[there], there


def numbers_of(values: Any, name: str) -> Float64:
    """Return one number a cell.

    Raises
    ------
    UsageError
        When these are no numbers.
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} are no numbers, one a cell ({reason(error)}).") from None
    if numbers.ndim != 1:
        raise UsageError(f"{name} are of shape {numbers.shape}; they must be one number a cell.")
    return numbers
