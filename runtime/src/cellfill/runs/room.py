"""Whether a dataset has room for the results of a task, and under which name it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.results.names import check_names

if TYPE_CHECKING:
    from cellfill.readers.dataset import Dataset
    from cellfill.results.names import Names
    from cellfill.results.ours import Places

_TRIED = 99


def check_room(names: Names, dataset: Dataset, *, layer: str | None) -> Places:
    """Refuse names that are taken in a dataset.

    Parameters
    ----------
    names
        What is to be added.
    dataset
        To what.
    layer
        The layer that a person said the counts are in.

    Returns
    -------
    What an earlier result left in obs and obsm, which is replaced.

    Raises
    ------
    UsageError
        When one is taken.
    """
    return check_names(
        names,
        source=layer,
        layers=[m.layer for m in dataset.matrices if m.layer is not None],
        columns=[*dataset.var.labels, dataset.var.index_name],
        cells=_columns_of_cells(dataset) if names.obs else (),
        matrices=dataset.obsm_names() if names.obsm else (),
        record=dataset.uns(names.record),
        held=dataset.held,
    )


def free_key(names_of: Callable[[str], Names], usual: str, dataset: Dataset, *, layer: str | None) -> str | None:
    """Return a name for results that a dataset has room for; None where the usual one will do.

    Parameters
    ----------
    names_of
        Returns what is added, by the name that a person asks for.
    usual
        What they are called if nobody asks.
    dataset, layer
        See `check_room`.
    """
    for number in range(_TRIED):
        key = usual if number == 0 else f"{usual}_cellfill{number if number > 1 else ''}"
        try:
            check_room(names_of(key), dataset, layer=layer)
        except UsageError:
            continue
        return key if number else None
    return None


def _columns_of_cells(dataset: Dataset) -> tuple[Any, ...]:
    """Return the names of the columns of obs, and of its index, which is one in the file."""
    if dataset.obs_columns is not None:
        return dataset.obs_columns()
    obs = dataset.obs()
    return (*obs.columns, obs.index.name)
