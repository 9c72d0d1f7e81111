"""Load a model by its name or from its folder, verified; or verify it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle import Task, read_bundle
from cellfill.errors import BundleError, MissingDependencyError, UsageError
from cellfill.hub import verifying
from cellfill.hub.bundles import find_bundle
from cellfill.model import Model
from cellfill.network.devices import DEVICES, Device
from cellfill.network.graphs import Opened

if TYPE_CHECKING:
    from cellfill.hub.verifying import Verification


def load(
    model: str | Path | None,
    *,
    device: Device = "auto",
    offline: bool = False,
    lock: str | Path | None = None,
    tasks: Sequence[Task] = (),
) -> Model:
    """Load a model from a folder, the Hub's cache or the Hub, verifying every file before it is opened.

    Parameters
    ----------
    model
        Path of the folder that holds ``manifest.json``, ``genes.tsv``, ``model.onnx`` and ``README.md``; an alias
        (``human-pbmc``); or ``organisation/name`` on the Hub. The last two with ``@revision`` (a tag, a branch, a
        commit) or without. None where ``lock`` names the one model.
    device
        ``cpu``; ``cuda``, an NVIDIA GPU or an error; ``auto``, the GPU where a session opens there, else the CPU.
    offline
        Ask the Hub nothing; so does the environment variable ``HF_HUB_OFFLINE``.
    lock
        A lock file (`cellfill.hub.lock`): the model must be in it, and be that one to the byte.
    tasks
        What it is to be used for, which it must be able to: its graph is opened for these. By default for the first
        that it can.

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
    if not isinstance(model, str | Path) and (model is not None or lock is None):
        raise UsageError(
            f"model is {model!r}; it must be a folder, an alias, organisation/name, or a loaded model."
        )
    if device not in DEVICES:
        raise UsageError(f"device is {device!r}; it must be one of {', '.join(DEVICES)}.")
    opened = Opened(find_bundle(model, offline=offline, lock=lock), device)
    opened.network(tasks=tasks or opened.bundle.manifest.tasks[:1])
    return Model(opened)


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

    found = verifying.verify(model)
    if found.fault:
        return found
    try:
        bundle = read_bundle(found.place.folder)
        if bundle.golden is None:
            said = "It has no golden values, which came with format 2: what its graph gives was not compared."
            return replace(found, golden=said)
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
