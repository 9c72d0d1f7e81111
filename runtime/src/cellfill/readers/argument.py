"""What a person gives a call: an AnnData, or the path of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.errors import CellfillError, DataError

if TYPE_CHECKING:
    from cellfill.options.shared import Orientation
    from cellfill.readers.dataset import Dataset


@contextmanager
def opened_dataset(data: Any, call: str, *, orientation: Orientation = "auto") -> Iterator[Dataset]:
    """Open what was given, and close it.

    Parameters
    ----------
    data
        An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
    call
        The name of the call, for the message.
    orientation
        What the rows of a text table are.

    Raises
    ------
    DataError
        When it is neither, cannot be read, or was changed while it was read.
    """
    from cellfill.readers import dataset_of, open_dataset
    from cellfill.readers.remote import Remote

    path = isinstance(data, str | Path | Remote)
    dataset = open_dataset(data, orientation=orientation) if path else dataset_of(as_anndata(data, call))
    try:
        with unchanged(dataset):
            yield dataset
            dataset.unchanged()
    finally:
        dataset.close()


@contextmanager
def unchanged(dataset: Dataset) -> Iterator[None]:
    """Where work on a dataset fails, say so if it was changed meanwhile: that is the reason then.

    Raises
    ------
    DataError
        When it failed, and the files are no longer those that were opened.
    """
    try:
        yield
    except CellfillError:
        dataset.unchanged()
        raise


def as_anndata(data: Any, call: str) -> Any:
    """Return an AnnData as it is.

    Raises
    ------
    DataError
        When it is none.
    """
    if not all(hasattr(data, part) for part in ("X", "var", "var_names", "layers", "uns")):
        raise DataError(
            f"{call} takes an AnnData, not a {type(data).__name__}; for a matrix see Model.impute_matrix."
        )
    return data
