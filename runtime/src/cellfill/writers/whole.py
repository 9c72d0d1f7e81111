"""What every writer has in common: a result of all cells appears whole, or nothing is left of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

from cellfill.errors import OutputError
from cellfill.readers.failures import silence
from cellfill.writers.place import Place, writing

if TYPE_CHECKING:
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Results


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
    """

    notes: tuple[str, ...] = ()

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
        with suppress(Exception):  # what is not written yet may find no space; HDF5 raises many kinds
            self._close()
        self._place.discard()
        self._done = True

    @abstractmethod
    def _end(self, results: Results) -> None:
        """Write what comes after the cells, and close the files."""

    @abstractmethod
    def _close(self) -> None:
        """Close what is open, the result being given up."""
