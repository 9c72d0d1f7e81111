"""Are types found in VASC's two dimensions, beside principal components and t-SNE.

Usage: python benchmarks/architectures/vasc.py --data FOLDER

Wang & Gu (2018) claim that k-means finds types in VASC's two dimensions better, by NMI and ARI, than in two of PCA,
t-SNE, ZIFA and SIMLR on most of 20 datasets of 49 to 3,005 cells. Here: cell lines of three preparations, and
Zeisel's cortex, which is one of theirs, as far as SAVER's authors kept its cells and genes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from sklearn.manifold import TSNE

from architectures.places import cells_of, clustered, log_levels, places_of, principal, train, variable
from common import keep, need, table

STUDIES = ("mix3cl_dropseq", "mix3cl_celseq2", "mix5cl_celseq2", "saver_zeisel")
GENES = 1000
OURS, FIXED, PCS, FLAT = "VASC", "VASC, variance not learnt", "2 principal components", "t-SNE"
METHODS = (OURS, FIXED, PCS, FLAT, "50 principal components", "random places")
ALSO_FIXED = "mix5cl_celseq2"


def main() -> None:
    """Measure and keep the table."""
    need("tensorflow", "sklearn", "igraph")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--studies", nargs="+", default=STUDIES)
    parser.add_argument("--epochs", type=int, default=400)
    arguments = parser.parse_args()
    rows, best, seconds = [], [], 0.0
    for name in arguments.studies:
        cells = cells_of(arguments.data, name)
        types = cells.obs["type"].to_numpy(dtype=str)
        levels = log_levels(cells, variable(cells, GENES))
        wide = principal(levels, 50).transform(levels)
        places = {}
        for said, learn in ((OURS, True), (FIXED, False))[: 1 + (name == ALSO_FIXED)]:
            model, took = train(
                arguments.data,
                [name],
                "vasc",
                most_genes=GENES,
                max_epochs=arguments.epochs,
                min_detection=0.0,
                learn_variance=learn,
            )
            seconds += took
            places[said] = places_of(model, cells)
        places |= {
            PCS: wide[:, :2],
            FLAT: TSNE(random_state=0).fit_transform(wide),
            "50 principal components": wide,
            "random places": np.random.default_rng(0).standard_normal((len(types), 2)),
        }
        figures = {method: clustered(x, types) for method, x in places.items()}
        rows.append(
            [
                f"{name} ({len(types)} cells, {len(set(types))} types)",
                *(_shown(figures.get(method)) for method in METHODS),
            ]
        )
        best.append([figures[OURS][1] >= figures[other][1] for other in (PCS, FLAT)])
    body = (
        f"NMI / ARI of k-means, as many clusters as types; {GENES} genes, at most {arguments.epochs} epochs, one "
        f"seed; {seconds:.0f} s of CPU for the trainings.\n\n"
        + table(["cells", *METHODS], rows)
        + f"\n\nVASC's ARI is at least that of 2 principal components in {sum(b[0] for b in best)} of {len(best)}, "
        f"that of t-SNE in {sum(b[1] for b in best)}; the claim is of most datasets."
    )
    keep(Path(__file__).with_suffix(".md"), "python benchmarks/architectures/vasc.py --data FOLDER", body)


def _shown(figures: tuple[float, float] | None) -> str:
    return "-" if figures is None else f"{figures[0]:.3f} / {figures[1]:.3f}"


if __name__ == "__main__":
    main()
