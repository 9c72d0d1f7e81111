"""Train DeepImpute's sub-networks on single-cell counts and export them as cellfill bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill_training._version import __version__
from cellfill_training.options import PRESETS, FitOptions, options_for, tuning_options

if TYPE_CHECKING:
    from cellfill_training.about import About
    from cellfill_training.gene_table import GeneTable, read_gene_table
    from cellfill_training.studies import Study
    from cellfill_training.study_files import read_study
    from cellfill_training.train import fit
    from cellfill_training.words import Words

__all__ = [
    "PRESETS",
    "About",
    "FitOptions",
    "GeneTable",
    "Study",
    "Words",
    "__version__",
    "fit",
    "options_for",
    "read_gene_table",
    "read_study",
    "tuning_options",
]

_HOME = {
    "About": "about",
    "GeneTable": "gene_table",
    "Study": "studies",
    "Words": "words",
    "fit": "train",
    "read_gene_table": "gene_table",
    "read_study": "study_files",
}


def __getattr__(name: str) -> Any:
    """Import numpy and TensorFlow only when they are needed (PEP 562)."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"cellfill_training.{_HOME[name]}"), name)
    raise AttributeError(f"module 'cellfill_training' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
