"""Folders of models, in which a bare name is looked for before the Hub is asked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cellfill.bundle.files import MANIFEST
from cellfill.bundle.manifest import is_model_name

VARIABLE = "CELLFILL_MODELS"
HERE = Path("model_cards")


def folders() -> tuple[Path, ...]:
    """Return where models are looked for by name: what ``CELLFILL_MODELS`` names, then ``model_cards`` here."""
    named = [Path(text).expanduser() for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text.strip()]
    return (*named, HERE)


def find_named(name: str) -> Path | None:
    """Return the first folder of a model by that name; None where there is none, or the name is no bare one."""
    if not is_model_name(name):
        return None
    return next((folder / name for folder in folders() if _is_model(folder / name)), None)


def named_models() -> dict[str, Path]:
    """Return every model that `find_named` finds."""
    found: dict[str, Path] = {}
    for folder in folders():
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                if is_model_name(path.name) and _is_model(path):
                    found.setdefault(path.name, path)
    return found


def _is_model(path: Path) -> bool:
    try:
        return (path / MANIFEST).is_file()
    except (OSError, ValueError):
        return False
