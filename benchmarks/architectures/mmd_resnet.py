"""Does MMD-ResNet move a batch onto another, what does that cost, and does one model serve both batches.

Usage: python benchmarks/architectures/mmd_resnet.py --data FOLDER [--peers-python PATH]

Shaham et al. (2017) claim that the distance of a moved batch from its target (maximum mean discrepancy, MMD) comes
near that of two samples of the target: on Drop-seq of retina .44 before, .13 after, ComBat .16, two samples of the
target .11 (figures of their program). Here on blood with and without interferon, on three cell lines by two
platforms, and on five lines beside three of them. --peers-python has harmonypy.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import anndata
import numpy as np

import cellfill
from architectures.places import cells_of, places_of, train
from cell_types.peers import harmony
from cellfill_training.architectures.catalogue import architecture_of
from cellfill_training.bare_tensorflow import tf
from cellfill_training.evaluation.protocols.embedding.mixing import score_mixing
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.network_training import train_network
from cellfill_training.fitting.sparse_cells import SparseCells
from cellfill_training.judging.annotation.neighbours import knn_accuracy, transfer_accuracy
from cellfill_training.parts.discrepancy import mean_discrepancy
from cellfill_training.parts.tensorflow_maths import TensorFlowMaths
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.roles import read_roles
from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
from cellfill_training.workflow.networks.training import fit_network
from common import keep, need, table

TYPES = Path(__file__).parents[2] / "model_cards" / "human-pbmc-types"
KANG = "kang_pbmc"
# What is measured: the files, the column of batches where there is one file, the reference, and what it is called.
CASES = (
    ((KANG,), "condition", "ctrl", "blood: stimulated moved onto control"),
    (("mix3cl_celseq2", "mix3cl_dropseq"), None, "mix3cl_celseq2", "three cell lines: Drop-seq onto CEL-seq2"),
    (("mix5cl_celseq2", "mix3cl_dropseq"), None, "mix3cl_dropseq", "five lines onto three of them"),
)
BEFORE, MOVED, ONE = "principal components", "as published: the source moved", "one model of both batches"
DRAWS, GENES = 10, 2000


def main() -> None:
    """Measure and keep the tables."""
    need("tensorflow", "sklearn", "igraph")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers-python", help="Python of an environment with harmonypy")
    arguments = parser.parse_args()
    distances, mixing, began = [], [], time.process_time()
    for names, column, reference, title in CASES:
        print(title, flush=True)
        near, ways, types, batches = measure(arguments.data, names, column, reference)
        distances += [[title, which, *figures] for which, figures in near.items()]
        print(near, flush=True)
        if arguments.peers_python:
            ways["principal components, Harmony"] = harmony(arguments.peers_python, ways[BEFORE], batches)
        if names == (KANG,):
            ways |= others(arguments.data, column or "", batches)
        known = types != ""
        for way, places in ways.items():
            scores = score_mixing(places[known], types[known], batches[known])
            transfer = transfer_accuracy(places[known], types[known], batches[known])
            near_types = knn_accuracy(places[known], types[known])
            figures = (scores["ilisi"], scores["clisi"], transfer, near_types)
            mixing.append([title, way, *(f"{value:.3f}" for value in figures)])
            print(*mixing[-1], flush=True)
    body = (
        f"{GENES:,} genes. MMD of standardised components, as the network is trained with; means of as many cells "
        f"as half of the reference, {DRAWS} draws. *Held*: cells that did not train, beside as many that did.\n\n"
        + table(["", "cells", BEFORE, "each batch centred", MOVED, ONE, "two samples of the reference"], distances)
        + "\n\niLISI of batches and cLISI of types, 0 to 1, 1 is best (Korsunsky 2019); how often the labels of "
        "the other batch name a cell by its 15 nearest there; and kNN among all cells. Interferon lifts FCGR3A, "
        "by which two kinds of monocytes are told: their labels do not carry over in full. One seed; "
        f"{time.process_time() - began:.0f} s of CPU.\n\n"
        + table(["", "places", "iLISI", "cLISI", "label transfer", "kNN"], mixing)
    )
    command = "python benchmarks/architectures/mmd_resnet.py --data FOLDER --peers-python PATH"
    keep(Path(__file__).with_name("mmd-resnet.md"), command, body)


def measure(data: Path, names: tuple[str, ...], column: str | None, reference: str):
    """Train as published, and one model for both batches.

    Returns
    -------
    By cells that are looked at, the figures of the first table; places by way; types; and batches.
    """
    studies, _ = read_roles([data / "h5ad" / f"{name}.h5ad" for name in names], [], by=column)
    batches = np.concatenate([[study.name] * study.counts.shape[0] for study in studies])
    types = np.concatenate([types_of(data, name, column, studies) for name in names])
    source, kind = batches != reference, architecture_of("mmd-resnet")
    options = kind.options(min_genes=0, most_genes=GENES, reference=reference)
    published = replace(options, keep_reference=0.0)
    cohort, levels = choose_genes(harmonise(studies, GeneTable()), published)
    rng = np.random.default_rng([options.seed, 20])
    network = kind.load()(facts_of(cohort, levels), published, rng)
    cells, (training, held) = SparseCells(cohort, levels), split_cells(len(batches), options)
    train_network(network, cells, training, held)
    before, after = placed(network, cells, len(batches))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "one"
        fit_network(studies, out=out, architecture=kind, options=options)
        one = np.concatenate([embedded(out, study) for study in studies])
    spread = network.spread.numpy()
    centred = before.copy()
    for batch in np.unique(batches):
        centred[batches == batch] -= before[batches == batch].mean(axis=0)
    standard = {
        BEFORE: before,
        "each batch centred": centred,
        MOVED: np.where(source[:, None], after, before),
        ONE: one / spread,
    }
    trains = np.isin(np.arange(len(batches)), training)
    near = {
        "all": apart(network.width, standard, source, ~source),
        "held": apart(network.width, standard, source & ~trains, ~source & trains, ~source & ~trains),
    }
    return near, {way: places * spread for way, places in standard.items()}, types, batches


def types_of(data: Path, name: str, column: str | None, studies) -> np.ndarray:
    """Return the types of a file's cells in the order of its studies."""
    cells = cells_of(data, name)
    types = cells.obs["type"].to_numpy(dtype=str)
    if column is None:
        return types
    batch = cells.obs[column].to_numpy(dtype=str)
    return np.concatenate([types[batch == study.name] for study in studies])


def placed(network, cells, number: int):
    """Return where cells are before and after they are moved, in standardised components."""
    maths, before, after = TensorFlowMaths(), [], []
    for start in range(0, number, 500):
        some = cells.batch(np.arange(start, min(start + 500, number)))
        before.append(network.standard(maths, some.counts, some.size_factors).numpy())
        given = network.outputs(maths, some.counts, some.size_factors)["embedding"].numpy()
        after.append(given / network.spread.numpy())
    return np.concatenate(before), np.concatenate(after)


def embedded(model: Path, study) -> np.ndarray:
    """Return where a model places the cells of a study, as a user sees it."""
    cells = anndata.AnnData(study.counts)
    cells.var_names = list(study.gene_names[0])
    return places_of(cellfill.load(model), cells)


def apart(width, standard, looked, reference, beside=None) -> list[str]:
    """Return the MMD of some cells of the source from the reference, by way; and of the reference from itself.

    Parameters
    ----------
    width, standard
        Of the kernel, and places by way.
    looked, reference, beside
        Cells of the source that are looked at; those of the reference that they are compared with; and those of
        the reference that are compared with them, too: None for other ones of the same.
    """
    rng = np.random.default_rng(0)
    pool = np.flatnonzero(reference)
    own = pool if beside is None else np.flatnonzero(beside)
    size = min(len(pool) // 2, int(looked.sum()), len(own) // (2 if beside is None else 1))
    found: dict[str, list[float]] = {}
    for _ in range(DRAWS):
        some = rng.permutation(np.flatnonzero(looked))[:size]
        there = rng.permutation(pool)
        again = there[size : 2 * size] if beside is None else rng.permutation(own)[:size]
        for way, places in standard.items():
            found.setdefault(way, []).append(_mmd(places[some], places[there[:size]], width))
        found.setdefault("", []).append(_mmd(standard[BEFORE][again], standard[BEFORE][there[:size]], width))
    return [f"{np.mean(values):.3f}" for values in found.values()]


def _mmd(x, y, width) -> float:
    return float(mean_discrepancy(tf.constant(x, tf.float32), tf.constant(y, tf.float32), width))


def others(data: Path, column: str, order: np.ndarray):
    """Return places by DESC, and by a pre-trained model of types without and with batches taken out."""
    cells = cells_of(data, KANG)
    own = cells.obs[column].to_numpy(dtype=str)
    rows = np.concatenate([np.flatnonzero(own == batch) for batch in dict.fromkeys(order)])
    cells, model = cells[rows].copy(), cellfill.load(TYPES)
    taken = model.embed(cells, copy=True, key_added="places", batch=column).obsm["places"]
    desc, _ = train(data, [KANG], "desc", most_genes=1000, min_genes=0)
    return {
        "DESC, 1,000 genes": places_of(desc, cells),
        "pre-trained types, nothing done": places_of(model, cells),
        "pre-trained types, batches taken out by type": np.asarray(taken),
    }


if __name__ == "__main__":
    main()
