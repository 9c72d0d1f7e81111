"""What evaluation needs besides training: packages of the extra ``evaluate``."""

from __future__ import annotations

import importlib
from typing import Any

from cellfill.errors import MissingDependencyError, OutputError
from cellfill.plots.style import no_place
from cellfill.text.installed import pip_install


def require(module: str, *, purpose: str) -> Any:
    """Import a module of the extra.

    Raises
    ------
    MissingDependencyError
        When it is not installed; ``purpose`` begins the message, such as ``Drawing figures``.
    OutputError
        When it finds no place for its settings.
    """
    try:
        if module == "scanpy":  # its umap-learn imports TensorFlow, with all its talk
            importlib.import_module("cellfill_training.bare_tensorflow")
        return importlib.import_module(module)
    except OSError as error:
        raise OutputError(no_place(module)) from error
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs {module}: {pip_install('cellfill-training', 'evaluate')}."
        ) from error
