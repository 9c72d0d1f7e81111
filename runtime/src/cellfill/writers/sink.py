"""What every writer takes: blocks of cells in order, then what is known of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    # Cells x the dataset's genes, float32, or float16 where dense.
    Block: TypeAlias = csr_matrix | NDArray[Any]

Precision = Literal["float32", "float16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """What is added besides the matrix.

    Attributes
    ----------
    var
        New columns of var: a bool or float array, or a list of str, which becomes a category.
    record_name
        Key of ``uns`` that gets the record.
    record
        Provenance; plain types that h5ad and zarr can store.
    """

    var: Mapping[str, Any]
    record_name: str
    record: Mapping[str, Any]


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
