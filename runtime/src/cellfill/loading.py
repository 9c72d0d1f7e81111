"""Load a model by its name or from its folder, verified; or verify it alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle import read_bundle
from cellfill.errors import BundleError, MissingDependencyError, UsageError
from cellfill.hub import verifying
from cellfill.hub.bundles import find_bundle
from cellfill.model import Model
from cellfill.network.graphs import Opened
from cellfill.options.shared import LoadedModel, LoadOptions, OpenOptions, Task
from cellfill.options.taking import taking
from cellfill.progress import phase

if TYPE_CHECKING:
    from cellfill.hub.verifying import Verification


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
    TaskError
        When it was not made for one of the tasks.
    DeviceError
        When it does not run on the device asked for.
    MissingDependencyError
        When ONNX Runtime is not installed.
    """
    if not isinstance(model, str | Path) and (model is not None or options.lock is None):
        raise UsageError(
            f"model is {model!r}; it must be a folder, an alias, organisation/name, or a loaded model."
        )
    with phase("opening the model"):
        opened = Opened(find_bundle(model, offline=options.offline, lock=options.lock), options.device)
        opened.network(tasks=options.tasks or opened.bundle.manifest.tasks[:1])
    return Model(opened)


def loaded(
    model: str | Path | LoadedModel | None, options: OpenOptions | None = None, *, task: Task | None = None
) -> Model:
    """Return a model that a person gave or named, for one task where that is said.

    Raises
    ------
    CellfillError
        As `load`.
    """
    if isinstance(model, Model):
        return model
    named: Any = model  # what else it may be is refused there
    how = (options or OpenOptions()).keywords(OpenOptions)
    return load(named, **how, tasks=() if task is None else (task,))


def verify(model: str | Path) -> Verification:
    """Check the files of a model that is here, and whether its graph gives what its golden values state.

    Nothing is fetched, changed or removed. The graph is run on the CPU, on the cells that the model brings.

    Parameters
    ----------
    model
        A folder, an alias, or ``organisation/name``; the last two with ``@revision`` or without.

    Raises
    ------
    BundleNotFoundError
        When there is no bundle in the folder.
    OfflineError
        When the model is not in the cache.
    """
    from cellfill.network.golden import TOLERANCE, replay

    with phase("reading every file"):
        found = verifying.verify(model)
    if found.fault:
        return found
    try:
        bundle = read_bundle(found.place.folder)
        if bundle.golden is None:
            said = "It has no golden values, which came with format 2: what its graph gives was not compared."
            return replace(found, golden=said)
        with phase("running its golden cells"):
            done = replay(bundle)
    except MissingDependencyError as error:
        return replace(found, golden=f"Its golden values were not replayed. {error}")
    except BundleError as error:
        return replace(found, fault=str(error))
    said = (
        f"{done.cells} golden cells were run: what the graph gives is what its author stated, within "
        f"{done.difference:.0e} ({TOLERANCE:.0e} is allowed)."
    )
    return replace(found, fault=done.fault, golden="" if done.fault else said)
