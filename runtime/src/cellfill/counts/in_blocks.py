"""Counts, a block of cells at a time: what every run, calibration and check reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Counts(Protocol):
    """Checked counts, a block of cells at a time."""

    def counts(self, rows: slice, /) -> csr_matrix:
        """Return the counts of some cells, cells x genes, CSR float32."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Counts that are in memory and checked."""

    matrix: csr_matrix

    def counts(self, rows: slice) -> csr_matrix:
        """Return the counts of some cells."""
        return self.matrix[rows]
