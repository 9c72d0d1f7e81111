"""Are cells of a type found again in studies that did not train Lin's network, beside 100 principal components.

Usage: python benchmarks/architectures/lin.py --data FOLDER

Lin et al. (2017) claim that cells of experiments that did not train a network find cells of their type in a
database better by its neurons, once taught types, than by principal components. Here four studies of blood are
taught and are the database; those that ask are of Kang 2018 and of Zheng 2017. One network is not told which cells
are NK cells.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from architectures.places import principal
from architectures.taught import trained
from cell_types.studies import MONOCYTES, NEVER, TRAINING, Studies, read_studies
from cellfill_training.fitting.levels import measure_levels
from cellfill_training.fitting.variable_genes import most_variable
from cellfill_training.judging.annotation.neighbours import nearest
from cellfill_training.judging.annotation.seen import through_graph
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_sets import read_gene_sets
from common import keep, need, table

GENES, EPOCHS, UNTAUGHT = 2000, 10, "NK cell"
ASKED, NEIGHBOURS = 700, 15
HEAD = ("by", *(f"{name}: {what}" for name in NEVER for what in ("precision", "kNN", UNTAUGHT)))


def main() -> None:
    """Measure and keep the table."""
    need("tensorflow", "sklearn")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    began = time.process_time()
    studies = read_studies(arguments.data)
    every = (*TRAINING, *NEVER)
    leaves = np.array(["monocyte" if leaf in MONOCYTES else leaf for leaf in (*studies.table.tree.leaves, "")])
    types = {name: leaves[studies.labelled[name].leaves] for name in every}
    sets = read_gene_sets(arguments.data / "genes" / "go-bp-human.gmt.gz")
    places = _components(studies)
    for said, changes in (
        ("Lin's network", {}),
        ("Lin's network, wired by GO terms beside 100 neurons", {"sets": sets}),
        (f"Lin's network, not told which are {UNTAUGHT}s", {"untold": UNTAUGHT}),
    ):
        bundle = trained(studies, "lin", most_genes=GENES, max_epochs=EPOCHS, **changes)
        places[said] = {name: through_graph(bundle, studies.labelled[name].study).embedding for name in every}
    rows = [[said, *_found(given, types)] for said, given in places.items()]
    rows.append(["nothing (cells at random)", *_chance(types)])
    verdict = {what: _ahead([row[place::3] for row in rows[:3]]) for place, what in ((1, "precision"), (2, "kNN"))}
    body = (
        f"Precision: mean average precision of all cells of {', '.join(TRAINING)}, ordered by distance from a cell "
        f"that asks ({ASKED} of each study, drawn once); kNN: how often most of its {NEIGHBOURS} nearest have its "
        f"type; {UNTAUGHT}: precision where an {UNTAUGHT} asks. The two kinds of monocytes are one type. {GENES} "
        f"genes, at most {EPOCHS} epochs each of denoising and of types, one seed; "
        f"{time.process_time() - began:.0f} s of CPU.\n\n"
        + table(HEAD, rows)
        + "\n\nThat a cell of a new study finds cells of its type better than by 100 principal components is "
        + " and ".join(f"{'reached' if all(found) else 'not reached'} by {what}" for what, found in verdict.items())
        + " (in both studies)."
    )
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/architectures/lin.py --data FOLDER", body)


def _ahead(rows: list[list[str]]) -> list[bool]:
    """Return where the last of some rows is the largest."""
    return [float(ours) > max(map(float, others)) for *others, ours in zip(*rows, strict=True)]


def _components(studies: Studies):
    """Return levels of the genes that all studies measured, as they are and as components of the training cells."""
    labelled = [studies.labelled[name] for name in (*TRAINING, *NEVER)]
    cohort = harmonise([one.study for one in labelled], studies.genes)
    cohort = cohort.take_genes(np.flatnonzero(cohort.measured.all(axis=0)))
    training = cohort.take_cells(cohort.study < len(TRAINING))
    genes = most_variable(training, measure_levels(training), GENES)
    depth = np.maximum(np.asarray(cohort.counts[:].sum(axis=1)), 1)
    levels = np.log1p(cohort.counts[:][:, genes].toarray() / depth * 1e4)
    learnt = levels[cohort.study < len(TRAINING)]
    scaled = np.clip((levels - learnt.mean(axis=0)) / (learnt.std(axis=0) + 1e-6), -10, 10)
    parts = {
        "100 principal components": principal(learnt, 100).transform(levels),
        "100 principal components of z-scores": principal(scaled[: len(learnt)], 100).transform(scaled),
    }
    return {
        said: {name: given[cohort.study == n] for n, name in enumerate((*TRAINING, *NEVER))}
        for said, given in parts.items()
    }


def _asking(types):
    rng = np.random.default_rng(0)
    for name in NEVER:
        known = np.flatnonzero(types[name] != "")
        yield name, np.sort(rng.choice(known, min(ASKED, len(known)), replace=False))


def _found(places, types) -> list[str]:
    """Return precision, kNN and the precision of the type that one network was never taught, of each study."""
    database = np.concatenate([places[name] for name in TRAINING]).astype(np.float64)
    theirs = np.concatenate([types[name] for name in TRAINING])
    database, theirs = database[theirs != ""], theirs[theirs != ""]
    found = []
    for name, rows in _asking(types):
        own, truth = np.asarray(places[name], dtype=np.float64)[rows], types[name][rows]
        distance = (database**2).sum(axis=1) - 2 * own @ database.T
        right = theirs[np.argsort(distance, axis=1, kind="stable")] == truth[:, None]
        precise = _average_precision(right)
        near = theirs[nearest(own, NEIGHBOURS, among=database)]
        kinds = np.unique(theirs)
        most = kinds[(near[:, :, None] == kinds).sum(axis=1).argmax(axis=1)]
        found += [precise.mean(), (most == truth).mean(), precise[truth == UNTAUGHT].mean()]
    return [f"{value:.3f}" for value in found]


def _average_precision(right):
    """Return the mean share of right cells down to each right one, of each row."""
    ranks = np.arange(1, right.shape[1] + 1)
    return (right.cumsum(axis=1) / ranks * right).sum(axis=1) / np.maximum(right.sum(axis=1), 1)


def _chance(types) -> list[str]:
    theirs = np.concatenate([types[name] for name in TRAINING])
    kinds, number = np.unique(theirs[theirs != ""], return_counts=True)
    share = dict(zip(kinds, number / number.sum(), strict=True))
    found = []
    for name, rows in _asking(types):
        truth = types[name][rows]
        found += [
            np.mean([share[kind] for kind in truth]),
            (truth == max(share, key=share.get)).mean(),
            share[UNTAUGHT],
        ]
    return [f"{value:.3f}" for value in found]


if __name__ == "__main__":
    main()
