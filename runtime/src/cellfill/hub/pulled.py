"""Pull a model from the Hub into the cache."""

from __future__ import annotations

from pathlib import Path

from cellfill.errors import UsageError
from cellfill.hub.locate import Place, locate
from cellfill.hub.reference import FolderReference, parse_reference


def pull(model: str | Path, *, offline: bool = False) -> Place:
    """Have a model of the Hub on this disk, every file checked by its hash.

    Parameters
    ----------
    model
        An alias or ``organisation/name``, with ``@revision`` (tag, branch or commit) or without.
    offline
        Ask the Hub nothing, only check what is in the cache; so does ``HF_HUB_OFFLINE``.

    Returns
    -------
    Where it is: ``folder``, ``repo``, ``commit``, ``revision``.

    Raises
    ------
    UsageError
        When the name is that of a folder.
    ModelNotFoundError
        When there is no such model or revision.
    BundleError
        When it is malformed, arrives damaged, or has a graph that is refused.
    OfflineError
        When it is not in the cache, and the Hub may not be asked.
    HubError
        When the Hub refuses or cannot be reached.

    Examples
    --------
    >>> cellfill.pull("human-pbmc@v1.0.0").commit  # doctest: +SKIP
    """
    reference = parse_reference(model, on_hub=True)
    if isinstance(reference, FolderReference):
        raise UsageError(
            f"{str(model)[:200]} means a folder here: there is nothing to pull. Run it in another folder."
        )
    return locate(reference, offline=offline)
