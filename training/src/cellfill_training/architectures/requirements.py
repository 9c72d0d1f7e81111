"""What a published network needs before anything is read or trained: packages, batches."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from cellfill.errors import MissingDependencyError, UsageError
from cellfill.text.installed import pip_install
from cellfill_training.architectures.architecture import Architecture


def check_packages(kind: Architecture) -> None:
    """Refuse a network of which packages are missing that its training comes to at the end.

    Raises
    ------
    MissingDependencyError
        With all of them.
    """
    missing = []
    for module, package in kind.needs.items():
        try:
            import_module(module)
        except ImportError:
            missing.append(package)
    if missing:
        raise MissingDependencyError(
            f"{kind.name} needs {' and '.join(missing)}: {pip_install('cellfill-training', 'evaluate')}."
        )


def check_studies(kind: Architecture, names: Sequence[str], reference: str | None) -> None:
    """Refuse a single batch, and a reference that is none, of a network that moves batches onto one of them.

    Parameters
    ----------
    kind
        The network.
    names
        Of the studies that train it: its batches.
    reference
        The batch onto which the others are to be moved; None for the largest.

    Raises
    ------
    UsageError
        With the batches that there are.
    """
    if not kind.moves_batches:
        return
    if len(names) < 2:
        raise UsageError(
            f"{kind.name} moves batches onto one of them, and there is but one, {', '.join(names)}: name the "
            "column of obs that says each cell's batch with --batch, or give each batch as a file."
        )
    if reference is not None and reference not in names:
        raise UsageError(
            f"There is no batch {reference!r} for --reference; there are {', '.join(names[:10])}"
            f"{' ...' if len(names) > 10 else ''}."
        )
