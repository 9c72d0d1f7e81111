"""A dataset of which rows that were read once are kept: for several looks at the same cells."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.readers.dataset import Dataset, Rows


def remembered(dataset: Dataset) -> Dataset:
    """Return a dataset that reads the same rows of a matrix once; what has been read stays in memory."""
    matrices = tuple(replace(matrix, rows=_Remembered(matrix.rows)) for matrix in dataset.matrices)
    return replace(dataset, matrices=matrices)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """Rows that are read once."""

    _rows: Rows
    _read: dict[tuple[Any, Any, Any], csr_matrix | NDArray[Any]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells x genes."""
        return self._rows.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self._rows.dtype

    def __getitem__(self, rows: slice, /) -> csr_matrix | NDArray[Any]:
        """Return some rows."""
        key = rows.start, rows.stop, rows.step
        if key not in self._read:
            self._read[key] = self._rows[rows]
        return self._read[key]
