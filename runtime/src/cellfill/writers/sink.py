"""What every writer takes: blocks of cells in order, then what is known of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cellfill.results.named import Results

if TYPE_CHECKING:
    from cellfill.results.named import Values


class Sink(Protocol):
    """Takes layers block by block, then the other results, and writes them; they appear whole or not at all."""

    notes: tuple[str, ...]
    expected: int  # bytes that the result will have, about; 0 before the first block

    def add(self, block: Values, *also: Values) -> None:
        """Append a block of cells of the layer, and of those beside it.

        Raises
        ------
        OutputError
            When it cannot be written; `abort` then.
        """

    def finish(self, results: Results) -> None:
        """Write the rest, and put the result in its place.

        Raises
        ------
        OutputError
            When it cannot be written, or cells are missing; `abort` then.
        """

    def abort(self) -> None:
        """Remove everything that was begun. After `finish`, or again, it does nothing."""
