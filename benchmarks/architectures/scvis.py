"""Does scvis place new cells in a map that it learnt, beside principal components and t-SNE.

Usage: python benchmarks/architectures/scvis.py --data FOLDER

Ding, Condon & Shah (2018) claim that cells added to a learnt map are told by their neighbours there as well as the
cells that it was learnt from, better than in two principal components (their Fig. 3), and that the order of
distances between groups is kept, which t-SNE loses. Learnt from pbmc3k; new are pbmc4k_soupx and pbmc1k_5p, of
other chemistries.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from sklearn.manifold import TSNE

from architectures.places import (
    cells_of,
    log_levels,
    order_kept,
    places_of,
    principal,
    train,
    transferred,
    variable,
)
from common import keep, need, table

LEARNT, NEW = "pbmc3k", ("pbmc4k_soupx", "pbmc1k_5p")
GENES, COMPONENTS = 2000, 100


def main() -> None:
    """Measure and keep the table."""
    need("tensorflow", "sklearn", "igraph")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    cells = {name: cells_of(arguments.data, name) for name in (LEARNT, *NEW)}
    for adata in cells.values():
        adata.var_names_make_unique()
    types = {name: adata.obs["type"].to_numpy(dtype=str) for name, adata in cells.items()}
    shared = set.intersection(*(set(adata.var_names) for adata in cells.values()))
    genes = variable(cells[LEARNT][:, sorted(shared)], GENES)
    levels = {name: log_levels(adata, genes) for name, adata in cells.items()}
    pca = principal(levels[LEARNT], COMPONENTS)
    wide = {name: pca.transform(levels[name]) for name in cells}
    places: dict[str, list[dict[str, np.ndarray]]] = {"scvis, 2 dimensions": []}
    seconds = []
    for seed in range(arguments.seeds):
        model, took = train(arguments.data, [LEARNT], "scvis", most_genes=GENES, seed=seed)
        places["scvis, 2 dimensions"].append({name: places_of(model, adata) for name, adata in cells.items()})
        seconds.append(took)
    places["2 principal components of the learnt cells"] = [{name: x[:, :2] for name, x in wide.items()}]
    places[f"{COMPONENTS} principal components of the learnt cells"] = [wide]
    rows = []
    for method, runs in places.items():
        figures = np.array([_figures(run, wide, types) for run in runs])
        rows.append([method, *(_shown(figures[:, i]) for i in range(figures.shape[1]))])
    flat = TSNE(init="random", random_state=0).fit_transform(wide[LEARNT])
    own = transferred(flat, types[LEARNT], flat, types[LEARNT])
    kept = order_kept(flat, wide[LEARNT], types[LEARNT])
    rows.append(["t-SNE of the learnt cells, random start", f"{own:.3f}", *("no map" for _ in NEW), f"{kept:.3f}"])
    commonest = [_commonest(types[LEARNT], types[name]) for name in (LEARNT, *NEW)]
    rows.append(["the commonest type", *(f"{share:.3f}" for share in commonest), "-"])
    body = (
        f"Learnt from {LEARNT} ({cells[LEARNT].n_obs} cells, {GENES} genes, {COMPONENTS} components, "
        f"seeds: {arguments.seeds}; {np.mean(seconds):.0f} s of CPU a training). Share of the cells that most of "
        "their 15 nearest learnt cells have the type of (of learnt cells with themselves among them), and rank "
        "correlation "
        "of the distances between types' middles with those in "
        f"{COMPONENTS} components, of learnt cells.\n\n"
        + table(["places", f"{LEARNT}, learnt", *(f"{name}, new" for name in NEW), "order of distances"], rows)
        + f"\n\n{_verdict(rows)}"
    )
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/architectures/scvis.py --data FOLDER", body)


def _verdict(rows: list[list[str]]) -> str:
    ours, flat, wide, scattered = ([float(x.split()[0]) for x in row[1:] if x[0].isdigit()] for row in rows[:4])
    mapped = all(ours[i] > flat[i] for i in (1, 2))
    kept = ours[3] > scattered[-1]

    def shown(figures: list[float]) -> str:
        return " and ".join(f"{figure:.3f}" for figure in figures[1:3])

    return (
        "New cells are told better in the map than in 2 principal components: "
        f"{'reached' if mapped else 'not reached'} ({shown(ours)}, {shown(flat)}; of {COMPONENTS}, which are no "
        f"map, {shown(wide)}). The order of distances is kept better than by t-SNE: "
        f"{'reached' if kept else 'not reached'} ({ours[3]:.3f}, {scattered[-1]:.3f})."
    )


def _figures(places, wide, types) -> list[float]:
    right = [transferred(places[LEARNT], types[LEARNT], places[n], types[n]) for n in (LEARNT, *NEW)]
    return [*right, order_kept(places[LEARNT], wide[LEARNT], types[LEARNT])]


def _commonest(types, judged) -> float:
    names, numbers = np.unique(types[types != ""], return_counts=True)
    return float((judged[judged != ""] == names[numbers.argmax()]).mean())


def _shown(values) -> str:
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
