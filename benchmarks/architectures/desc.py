"""Does DESC mix batches that it is not told of, and keep types apart, beside principal components.

Usage: python benchmarks/architectures/desc.py --data FOLDER

Li et al. (2020) claim that batches mix more and more while clusters are made tighter, without being told which cell
is of which batch, as long as batches differ less than types; one of their examples are blood cells with and without
interferon (Kang 2018). Here 2,000 of these cells.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from sklearn.metrics import adjusted_rand_score

from architectures.places import cells_of, log_levels, places_of, principal, train, variable
from cellfill_training.evaluation.protocols.embedding.mixing import score_mixing
from cellfill_training.evaluation.protocols.embedding.places import score_places
from common import keep, need, table

STUDY, GENES = "kang_pbmc", 1000


def main() -> None:
    """Measure and keep the table."""
    need("tensorflow", "sklearn", "igraph")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    cells = cells_of(arguments.data, STUDY)
    types = cells.obs["type"].to_numpy(dtype=str)
    batches = cells.obs["condition"].to_numpy(dtype=str)
    rows, seconds = [], 0.0
    levels = log_levels(cells, variable(cells, 2000))
    levels = np.clip((levels - levels.mean(axis=0)) / (levels.std(axis=0) + 1e-6), -10, 10)
    rows.append(["30 principal components", *_scores(principal(levels, 30).transform(levels), types, batches), "-"])
    for said, choices in (
        ("DESC, its clusters trained for 5 epochs", {"tolerance": 1.0}),
        ("DESC, to its end", {}),
    ):
        model, took = train(arguments.data, [STUDY], "desc", most_genes=GENES, **choices)
        seconds += took
        named = model.annotate(cells, copy=True, key_added="cluster").obs["cluster"].to_numpy(dtype=str)
        known = types != ""
        found = f"{adjusted_rand_score(types[known], named[known]):.3f} ({len(set(named))} clusters)"
        rows.append([said, *_scores(places_of(model, cells), types, batches), found])
    shuffled = np.random.default_rng(0).permutation(batches)
    rows.append(["the same with batches at random", *_scores(places_of(model, cells), types, shuffled), "-"])
    body = (
        f"{STUDY}: {cells.n_obs} cells, {GENES} genes; {seconds:.0f} s of CPU for both trainings, one seed. iLISI: "
        "0 where neighbours are of one batch, 1 where of both alike. kNN: share of cells that most of their 15 "
        "nearest have the type of. ARI of Leiden's clusters (resolution 1), and of DESC's own.\n\n"
        + table(["places", "iLISI", "kNN", "ARI, Leiden", "ARI, its own clusters"], rows)
        + f"\n\n{_verdict([row[1] for row in rows[:3]], [row[2] for row in rows[:3]])}"
    )
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/architectures/desc.py --data FOLDER", body)


def _verdict(mixing: list[str], near: list[str]) -> str:
    rises = float(mixing[0]) < float(mixing[1]) < float(mixing[2])
    return (
        f"That batches mix more and more is {'reached' if rises else 'not reached'}: iLISI {', '.join(mixing)}. "
        f"What it costs, kNN: {', '.join(near)}."
    )


def _scores(places, types, batches) -> list[str]:
    known = types != ""
    lies = score_places(places[known], types[known])
    mixed = score_mixing(places[known], types[known], batches[known])
    return [f"{mixed['ilisi']:.3f}", f"{lies['knn']:.3f}", f"{lies['ari']:.3f}"]


if __name__ == "__main__":
    main()
