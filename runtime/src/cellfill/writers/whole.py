"""What every writer has in common: a result of all cells appears whole, or nothing is left of it."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

from cellfill.errors import OutputError
from cellfill.readers.failures import silence
from cellfill.writers.check import check_space
from cellfill.writers.place import Place, writing

if TYPE_CHECKING:
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Results

# Of what a first block makes of the whole; other cells may be less deep.
_SURE = 0.8


class WholeSink(ABC):
    """Counts the cells, and puts all that was written in its place at the end, or removes it.

    Parameters
    ----------
    place
        Of the result.
    dataset
        What was imputed.
    overwrite
        Replace what is there.
    layered
        Whether there is a layer, so that every cell must come.

    Raises
    ------
    OutputError
        When nothing can be written there.

    Attributes
    ----------
    notes
        What a person should know of how it was written.
    expected
        Bytes that the result will have, about; 0 before the first block.
    """

    notes: tuple[str, ...] = ()
    expected: int = 0

    def __init__(self, place: Place, *, dataset: Dataset, overwrite: bool, layered: bool = True) -> None:
        self._place, self._dataset, self._overwrite = place, dataset, overwrite
        self._due = dataset.cells if layered else 0
        self._cells, self._done = 0, False
        try:
            with writing(place.target):
                place.make()
        except BaseException:
            place.discard()
            raise

    def finish(self, results: Results) -> None:
        """Write the rest, and put the result in its place, if the dataset is still the one that was opened."""
        if self._cells != self._due:
            raise OutputError(
                f"{self._place.target} is not whole: {self._cells:,} of {self._dataset.cells:,} cells were written."
            )
        try:
            with writing(self._place.target), silence():
                self._end(results)
                self._dataset.unchanged()
                self._place.commit(overwrite=self._overwrite)
        except BaseException:
            self.abort()
            raise
        self._done = True

    def abort(self) -> None:
        """Remove everything that was begun."""
        if self._done:
            return
        error = sys.exc_info()[1]
        with suppress(Exception):  # what is not written yet may find no space; HDF5 raises many kinds
            if isinstance(error, OutputError) and error.__cause__ is not None:
                self._give_up()
            else:
                self._close()
        self._place.discard()
        self._done = True

    def _expect(self, of_block: int, *, cells: int, there: int = 0, reused: int = 0) -> None:
        """Say how large the result will be, and refuse a disk that is too small for it.

        Parameters
        ----------
        of_block, cells
            The bytes of the first block, about, and its cells.
        there
            Bytes that are written already, of all else.
        reused
            Bytes of these that stand free for the blocks.

        Raises
        ------
        OutputError
            When less is free by far.
        """
        left = max(0, of_block * self._dataset.cells // max(1, cells) - reused)
        self.expected = there + left
        check_space(self._place.target.parent, int(left * _SURE), about=True)

    @abstractmethod
    def _end(self, results: Results) -> None:
        """Write what comes after the cells, and close the files."""

    def _give_up(self) -> None:
        """Close what is open, where something of it could not be written."""
        self._close()

    @abstractmethod
    def _close(self) -> None:
        """Close what is open, the result being given up."""
