"""What the page consists of, and the models beside it: what is at which path."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle.files import MANIFEST
from cellfill.bundle.safe_file import read_file
from cellfill.errors import MissingDependencyError, UsageError
from cellfill.hub.folders import named_models
from cellfill.hub.locate import find
from cellfill.progress import each

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Manifest

# Names of models are letters, digits, dots, dashes and underscores: they are paths as they are.
MODELS, INDEX = "models", "models/index.json"
_WANTED = "index.html"
_MADE_BY = "In a clone of cellfill's repository: make web, which needs Node 20 or newer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that is served.

    Attributes
    ----------
    files
        For every path, without a slash before it, what reads the file: nothing else can be asked for.
    models
        Names of the models beside the page.
    """

    files: Mapping[str, Callable[[], bytes]]
    models: tuple[str, ...]


def make_site(models: Sequence[str | Path] = (), *, offline: bool = False) -> Site:
    """Find the page and the models, and check every model.

    Parameters
    ----------
    models
        As `cellfill.load` takes them; where there are none, all that `cellfill list` finds in folders.
    offline
        Ask the Hub nothing.

    Raises
    ------
    MissingDependencyError
        When the page is not installed, or was not built.
    UsageError
        When two of the models have one name.
    CellfillError
        As `cellfill.load`, of a model.
    """
    root = _page()
    page = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    files: dict[str, Callable[[], bytes]] = {name: partial(_held, content) for name, content in page.items()}
    listed: list[dict[str, object]] = []
    for model in each(list(models or named_models().values()), "checking the models", unit="models"):
        place, bundle = find(model, offline=offline)
        manifest = bundle.manifest
        if any(entry["name"] == manifest.name for entry in listed):
            raise UsageError(f"Two of the models are called {manifest.name}: name one of them.")
        listed.append(_entry(manifest))
        held = f"{MODELS}/{manifest.name}"
        files[f"{held}/{MANIFEST}"] = partial(_held, read_file(place.folder, MANIFEST))
        files |= {f"{held}/{name}": _reader(place.folder, name, manifest) for name in manifest.files}
    files[INDEX] = partial(_held, json.dumps(listed, indent=1).encode())
    return Site(files=files, models=tuple(str(entry["name"]) for entry in listed))


def _page() -> Path:
    """Return the folder of the page.

    Raises
    ------
    MissingDependencyError
        When it is not here.
    """
    try:
        root: Path = import_module("cellfill_web").PAGE
    except ImportError as error:
        raise MissingDependencyError(f"The page is not installed. {_MADE_BY}") from error
    if not (root / _WANTED).is_file():
        raise MissingDependencyError(f"The page was not built: {root} has no {_WANTED}. {_MADE_BY}")
    return root


def _entry(manifest: Manifest) -> dict[str, object]:
    """Return what the page is told of a model before it reads it."""
    return {
        "folder": manifest.name,
        "name": manifest.name,
        "species": manifest.species,
        "tissue": manifest.tissue,
        "tasks": list(manifest.tasks),
        "bytes": sum(record.size for record in manifest.files.values()),
    }


def _held(content: bytes) -> bytes:
    """Return what is held in memory, once for all who ask."""
    return content


def _reader(folder: Path, name: str, manifest: Manifest) -> Callable[[], bytes]:
    """Return what reads a file of a model, which must still be the one that was checked."""
    return partial(read_file, folder, name, record=manifest.files[name])
