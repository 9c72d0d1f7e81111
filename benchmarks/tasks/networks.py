"""Train an architecture on cells, and run what was exported: the bundle is what is judged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle import Bundle, read_bundle
from cellfill.genes.align import align
from cellfill.network.cells import map_genes
from cellfill.network.predict import predict_outputs
from cellfill.network.session import open_network
from cellfill_training.workflow.annotation.checks import LEAST_CELLS

from .methods import PRE_TRAINED
from .sources import BLOOD, TERMS, Cells, read_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill_training import Study
    from cellfill_training.studies.cell_classes import ClassTree
    from cellfill_training.studies.labels import Labelled

    from .methods import Method
    from .worker import Run


def model_of(run: Run, cells: Cells) -> Bundle:
    """Return the model that a run is of: trained on its cells, or on the blood studies once."""
    made = (
        _pre_trained(run)
        if run.way == PRE_TRAINED
        else _train(run.method, cells, run.folder / run.name, seed=run.seed, scratch=run.scratch)
    )
    run.size_of(made)
    return made


def _train(method: Method, cells: Cells, out: Path, *, seed: int, scratch: Path) -> Bundle:
    """Train on cells, a study a batch, and write the bundle."""
    if method.network in ("classifier", "linear"):
        return _classifier(cells, out, linear=method.network == "linear", seed=seed)
    from cellfill_training import fit, options_for
    from cellfill_training.architectures.catalogue import architecture_of
    from cellfill_training.studies.gene_sets import read_gene_sets
    from cellfill_training.workflow.networks.training import fit_network

    studies = _with_cells(cells.studies())
    if method.network == "subnetworks":
        options = options_for("default", min_genes=1, min_detection=0.0, seed=seed)
        names = tuple(map(str, cells.genes[np.bincount(cells.counts.indices, minlength=len(cells.genes)) > 0]))
        return fit(studies, out=out, preset="default", options=options, targets=names, on_step=lambda _text: None)
    entry = architecture_of(method.network)
    chosen = entry.options(**({"min_genes": 1, "min_detection": 0.0, "seed": seed} | dict(method.options)))
    sets = read_gene_sets(scratch / "cells" / TERMS) if entry.gene_sets == "must" else None
    if entry.labels:
        learnt, tree = labelled(cells, least=LEAST_CELLS)
        return fit_network(
            learnt,
            out=out,
            architecture=method.network,
            options=chosen,
            tree=tree,
            label_table=False,
            gene_sets=sets,
        )
    return fit_network(studies, out=out, architecture=method.network, options=chosen, gene_sets=sets)


def _pre_trained(run: Run) -> Bundle:
    """Return what was trained on the blood studies once; train it where it is not there."""
    folder = run.scratch / "models" / run.method.network
    if not folder.is_dir():
        new = folder.with_name(f"{run.method.network}.{os.getpid()}")
        _train(run.method, read_cells(run.scratch / "cells", BLOOD), new, seed=0, scratch=run.scratch)
        if not folder.is_dir():  # another process may have trained it meanwhile
            new.rename(folder)
    return read_bundle(folder)


def outputs(bundle: Bundle, study: Study) -> dict[str, NDArray[np.float32]]:
    """Return all that a model gives for cells, by meaning."""
    network, manifest = open_network(bundle, device="cpu"), bundle.manifest
    known = align(bundle.genes, study.gene_names, species=manifest.species, min_coverage=0.0)
    cells = map_genes(known, bundle.genes, inputs=network.inputs).input_cells(study.counts)
    return dict(predict_outputs(network, cells, network.meanings))


def labelled(cells: Cells, *, halves: int | None = None, least: int = 1) -> tuple[list[Labelled], ClassTree]:
    """Return cells with their types, a study a batch; or, of one study, in two halves drawn by a seed.

    Types of fewer than ``least`` cells are not known.
    """
    from cellfill_training.studies.cell_classes import CellClass, ClassTree
    from cellfill_training.studies.labels import LabelTable, label_study

    names, number = np.unique(cells.types, return_counts=True)
    cells = replace(cells, types=np.where(np.isin(cells.types, names[number >= least]), cells.types, ""))
    types = sorted(set(cells.types) - {""})
    table = LabelTable(
        tree=ClassTree(tuple(CellClass(name=str(t)) for t in types)), types={str(t): str(t) for t in types}
    )
    if halves is not None:
        drawn = np.random.default_rng(halves).permutation(len(cells.types)) % 2
        cells = replace(cells, batches=np.char.add("half ", drawn.astype(str)))
    parts = [cells.take(np.flatnonzero(cells.batches == b)) for b in np.unique(cells.batches)]
    return [
        label_study(part.study(str(part.batches[0])), list(map(str, part.types)), table) for part in parts
    ], table.tree


def probabilities(bundle: Bundle, study: Study, types: Sequence[str]) -> NDArray[np.float64]:
    """Return the probability of each of some types, cells x types; what a model does not know of has none."""
    assert bundle.classes is not None
    found = outputs(bundle, study)["class_probabilities"]
    names = bundle.classes.leaf_names
    every = np.zeros((len(found), len(types)))
    for place, name in enumerate(names):
        if name in types:
            every[:, list(types).index(name)] = np.nan_to_num(found[:, place])
    return every


def _classifier(cells: Cells, out: Path, *, linear: bool, seed: int) -> Bundle:
    from cellfill_training import ClassifierOptions, fit_types

    if linear:
        studies, tree = labelled(cells)
        options = ClassifierOptions(network="linear", seed=seed)
    else:
        halves = None if len(np.unique(cells.batches)) > 1 else seed
        studies, tree = labelled(cells, halves=halves, least=LEAST_CELLS)
        options = ClassifierOptions(network="deep", seed=seed)
    return fit_types(studies, tree, out=out, options=options, label_table=False)


def _with_cells(studies: Sequence[Study]) -> list[Any]:
    return [s.take(np.flatnonzero(np.diff(s.counts.indptr) > 0)) for s in studies]
