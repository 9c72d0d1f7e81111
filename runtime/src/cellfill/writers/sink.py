"""What every writer takes: blocks of cells in order, then what is known of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cellfill.results.annotations import Annotations
from cellfill.results.assemble import Dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    # Cells x the dataset's genes, float32, or float16 where dense.
    Block: TypeAlias = csr_matrix | NDArray[Any]

__all__ = ["Annotations", "Block", "Dtype", "Sink"]


class Sink(Protocol):
    """Takes a result block by block and writes it; it appears whole or not at all."""

    def add(self, block: Block) -> None:
        """Append a block of cells.

        Raises
        ------
        OutputError
            When it cannot be written; `abort` then.
        """

    def finish(self, annotations: Annotations) -> None:
        """Write the rest, and put the result in its place.

        Raises
        ------
        OutputError
            When it cannot be written, or cells are missing; `abort` then.
        """

    def abort(self) -> None:
        """Remove everything that was begun. After `finish`, or again, it does nothing."""
