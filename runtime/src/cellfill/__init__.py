"""cellfill: impute single-cell RNA-seq counts with pre-trained models.

>>> import cellfill
>>> cellfill.impute(adata, model="model_cards/human-pbmc")  # adds adata.layers["imputed"]  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cellfill._version import __version__
from cellfill.errors import CellfillError

if TYPE_CHECKING:
    from cellfill.calls.annotating import annotate, annotate_file
    from cellfill.calls.checking import check
    from cellfill.calls.embedding import embed, embed_file
    from cellfill.calls.imputing import impute, impute_file
    from cellfill.diagnosis import doctor
    from cellfill.fitness.heed import FitWarning
    from cellfill.hub.pulled import pull
    from cellfill.loading import load
    from cellfill.model import Model
    from cellfill.progress.verbosity import settings
    from cellfill.ranking.rank import recommend

# huggingface_hub reads it when it is imported, and else asks the Hub for a list that nobody needs, keeps that below
# HOME, and says which other libraries are here.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

__all__ = [
    "CellfillError",
    "FitWarning",
    "Model",
    "__version__",
    "annotate",
    "annotate_file",
    "check",
    "doctor",
    "embed",
    "embed_file",
    "impute",
    "impute_file",
    "load",
    "pull",
    "recommend",
    "settings",
]

_HOMES = {
    "FitWarning": "fitness.heed",
    "Model": "model",
    "annotate": "calls.annotating",
    "annotate_file": "calls.annotating",
    "check": "calls.checking",
    "doctor": "diagnosis",
    "embed": "calls.embedding",
    "embed_file": "calls.embedding",
    "impute": "calls.imputing",
    "impute_file": "calls.imputing",
    "load": "loading",
    "pull": "hub.pulled",
    "recommend": "ranking.rank",
    "settings": "progress.verbosity",
}
# Rooms that a person uses by their names: cellfill.plots.marker(adata, "MS4A1") needs no import of its own.
_ROOMS = ("plots", "report")


def __getattr__(name: str) -> Any:
    """Import numpy, scipy and the rest only when they are needed (PEP 562)."""
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f"cellfill.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'cellfill' has no attribute {name!r}")
    return getattr(import_module(f"cellfill.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
