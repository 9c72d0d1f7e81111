"""Load a model by its name or from its folder, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.errors import UsageError
from cellfill.hub.bundles import find_bundle
from cellfill.model import Model
from cellfill.network.graphs import Opened
from cellfill.options.shared import LoadedModel, LoadOptions
from cellfill.options.taking import taking


@taking(LoadOptions)
def load(model: str | Path | None, options: LoadOptions) -> Model:
    """Load a model from a folder, the Hub's cache or the Hub, verifying every file before it is opened.

    Parameters
    ----------
    model
        Path of the folder that holds ``manifest.json``, ``genes.tsv``, ``model.onnx`` and ``README.md``; an alias
        (``human-pbmc``); or ``organisation/name`` on the Hub. The last two with ``@revision`` (a tag, a branch, a
        commit) or without. None where ``lock`` names the one model.
    **options
        See `LoadOptions`.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle there.
    ModelNotFoundError
        When the Hub has no such model or revision.
    OfflineError
        When it is not in the cache, and the Hub may not be asked.
    HubError
        When the Hub refuses or cannot be reached.
    LockError
        When it is not the model that the lock file names.
    BundleError
        When it is damaged or malformed.
    DeviceError
        When it does not run on the device asked for.
    MissingDependencyError
        When ONNX Runtime is not installed.
    """
    if not isinstance(model, str | Path) and (model is not None or options.lock is None):
        raise UsageError(
            f"model is {model!r}; it must be a folder, an alias, organisation/name, or a loaded model."
        )
    opened = Opened(find_bundle(model, offline=options.offline, lock=options.lock), options.device)
    opened.network()
    return Model(opened)


def loaded(model: str | Path | LoadedModel | None, options: LoadOptions | None = None) -> Model:
    """Return a model that a person gave or named.

    Raises
    ------
    CellfillError
        As `load`.
    """
    if isinstance(model, Model):
        return model
    named: Any = model  # what else it may be is refused there
    return load(named, **(options or LoadOptions()).keywords(LoadOptions))
