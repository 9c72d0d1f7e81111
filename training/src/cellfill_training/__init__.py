"""Train models that impute, name or place single cells, and export them as cellfill bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill_training._version import __version__
from cellfill_training.architectures.architecture import Architecture
from cellfill_training.architectures.catalogue import ARCHITECTURES, architecture_options
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import PRESETS, options_for, tuning_options
from cellfill_training.parts.options import NetworkOptions

if TYPE_CHECKING:
    from cellfill_training.cards.about import About
    from cellfill_training.cards.words import Words
    from cellfill_training.studies.gene_sets import read_gene_sets
    from cellfill_training.studies.gene_table import GeneTable, read_gene_table
    from cellfill_training.studies.given_labels import Given, label_studies
    from cellfill_training.studies.labels import read_label_table
    from cellfill_training.studies.markers import read_markers
    from cellfill_training.studies.reading import read_study
    from cellfill_training.studies.study import Study
    from cellfill_training.workflow.annotation.training import fit_types
    from cellfill_training.workflow.imputation.training import fit
    from cellfill_training.workflow.networks.training import fit_network

__all__ = [
    "ARCHITECTURES",
    "PRESETS",
    "About",
    "Architecture",
    "ClassifierOptions",
    "FitOptions",
    "GeneTable",
    "Given",
    "NetworkOptions",
    "Study",
    "Words",
    "__version__",
    "architecture_options",
    "fit",
    "fit_network",
    "fit_types",
    "label_studies",
    "options_for",
    "read_gene_sets",
    "read_gene_table",
    "read_label_table",
    "read_markers",
    "read_study",
    "tuning_options",
]

_HOME = {
    "About": "cards.about",
    "GeneTable": "studies.gene_table",
    "Given": "studies.given_labels",
    "Study": "studies.study",
    "Words": "cards.words",
    "fit": "workflow.imputation.training",
    "fit_network": "workflow.networks.training",
    "fit_types": "workflow.annotation.training",
    "label_studies": "studies.given_labels",
    "read_gene_sets": "studies.gene_sets",
    "read_gene_table": "studies.gene_table",
    "read_label_table": "studies.labels",
    "read_markers": "studies.markers",
    "read_study": "studies.reading",
}


def __getattr__(name: str) -> Any:
    """Import numpy and TensorFlow only when they are needed (PEP 562)."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"cellfill_training.{_HOME[name]}"), name)
    raise AttributeError(f"module 'cellfill_training' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
