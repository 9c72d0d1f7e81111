"""What the benchmarks of published networks share: a network trained on a study, as a method of the evaluation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.evaluation import methods
from cellfill_training.fitting.levels import measure_levels
from cellfill_training.fitting.variable_genes import most_variable
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.networks.training import fit_network

if TYPE_CHECKING:
    from cellfill_training import Study

_SCRATCH = tempfile.TemporaryDirectory()


def train(name: str, *studies: Study, **changes: Any) -> Path:
    """Train a network on studies, by its published options but for some; return the folder of its bundle.

    It reads every gene and cell that they have, unless told. The folder is gone when the script ends.
    """
    options = architecture_of(name).options(**({"min_genes": 1, "min_detection": 0.0} | changes))
    out = Path(tempfile.mkdtemp(dir=_SCRATCH.name)) / name
    fit_network(studies, out=out, architecture=name, options=options)
    return out


def trivial(*, of: Iterable[str]) -> list[methods.Method]:
    """Return the trivial methods whose names are asked for, and 15 neighbours as the traditional one."""
    from knn import knn

    chosen = [one for one in methods.baselines() if one.name in of]
    return [*chosen, methods.of_function("15 nearest neighbours", knn, gives="expected")]


def in_variable_genes(study: Study, number: int) -> Study:
    """Return a study in its genes that vary most beyond chance, and its cells with counts in them."""
    cohort = harmonise([study], GeneTable())
    genes = most_variable(cohort, measure_levels(cohort), number)
    counts = cohort.counts[:][:, genes]
    names = tuple(cohort.genes[g].symbol or cohort.genes[g].ensembl_id for g in genes)
    return replace(study, counts=counts, gene_names=(names,))


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Return the mean over seeds, and how far they lie apart."""
    found = np.array(list(values))
    return f"{found.mean():.{digits}f} ({found.min():.{digits}f} to {found.max():.{digits}f})"
