"""An embedding in two dimensions: its own two, or the strongest directions of cells that are known, or of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float64 = NDArray[np.float64]


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
        Cells x dimensions, finite.
    reference
        Known cells x dimensions: the plane is theirs then, and the same whatever the new cells are.
    """
    points = np.asarray(places, dtype=np.float64)
    known = points if reference is None else np.asarray(reference, dtype=np.float64)
    if points.shape[1] == 2:
        return Plane(cells=points, reference=None if reference is None else known, axes=("1", "2"))
    if points.shape[1] < 2 or len(known) < 2:
        flat = np.zeros((len(points), 2))
        flat[:, : points.shape[1]] = points[:, :2]
        return Plane(cells=flat, reference=None, axes=("1", "2"))
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
