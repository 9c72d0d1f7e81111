"""Made-up studies of a few types, which learn in a second."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.labels import Labelled
from cellfill_training.studies.study import Study

TREE = ClassTree(
    (
        CellClass(name="T cell", ontology_id="CL:0000084"),
        CellClass(name="CD4 T cell", parent="T cell", ontology_id="CL:0000624"),
        CellClass(name="CD8 T cell", parent="T cell", ontology_id="CL:0000625"),
        CellClass(name="B cell", ontology_id="CL:0000236"),
    )
)
GENES = 80
QUICK = ClassifierOptions(
    genes=60, hidden=16, dimensions=8, epochs=12, pretraining_epochs=2, batch_size=32, learning_rate=0.01
)


def made_study(name, *, seed, cells=120, depth=400, genes=GENES, foreign=False):
    """A study: 20 genes a type are eightfold in it; of a foreign type the last 20 are."""
    rng = np.random.default_rng(seed)
    base = np.random.default_rng(0).gamma(1, 1, GENES) + 0.1
    kind = np.full(cells, 3) if foreign else rng.integers(0, 3, cells)
    own = np.arange(GENES)[None, :] // 20 == kind[:, None]
    mean = base * np.where(own, 12.0, 1.0) * rng.lognormal(0, 0.1, GENES)
    mean = mean / mean.sum(axis=1, keepdims=True) * depth
    counts = sparse.csr_matrix(rng.poisson(mean)[:, :genes].astype(np.float32))
    study = Study(name=name, counts=counts, gene_names=(tuple(f"GENE{i}" for i in range(genes)),))
    leaves = np.full(cells, -1) if foreign else kind
    return Labelled(study=study, leaves=leaves.astype(np.intp), trusted=leaves >= 0)


def made_studies(number=3):
    return [made_study(f"study{i}", seed=i + 1, genes=GENES - 5 * (i == 1)) for i in range(number)]
