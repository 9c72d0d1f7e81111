"""Are rare counts those of single molecules? How high the counts that were caught are, beside a Poisson's.

Usage: python benchmarks/estimates/caught_counts.py --data FOLDER

The datasets and cells of benchmarks/accuracy. Entries where gene mean x library (m) is below .2, and a count is not
0: the mean of these counts, that of zero-truncated Poisson counts of mean m, m / (1 - exp(-m)), and the share of
them that are ones. `expressed` is right where the first two agree.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from accuracy.settings import SETTINGS
from accuracy.tasks import draw
from cellfill.estimates import expressed
from cellfill.fitness.baselines import gene_mean
from common import keep, table

RARE = 0.2


def row(data: Path, dataset: str) -> list[str]:
    """Return the figures of one dataset."""
    counts = draw(data, dataset, SETTINGS[dataset], "masked", seed=0, max_cells=2000).study.counts
    entries = counts.tocoo()
    means = gene_mean(counts)[entries.row, entries.col]
    rare = means < RARE
    caught, poisson = entries.data[rare], expressed(means[rare])
    excess = (caught.mean() - 1) / (poisson.mean() - 1)
    return [
        dataset,
        f"{len(caught):,}",
        f"{caught.mean():.2f}",
        f"{poisson.mean():.2f}",
        f"{excess:.1f}",
        f"{np.mean(caught == 1):.0%}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="caught_counts.py"
    )
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data.resolve()
    rows = [row(data, name) for name, setting in SETTINGS.items() if "masked" in setting.protocols]
    head = ["dataset", "counts", "mean", "a Poisson's", "what is above 1, ratio", "ones"]
    keep(
        Path(__file__).with_name("caught-counts.md"),
        "python benchmarks/estimates/caught_counts.py --data FOLDER",
        table(head, rows),
    )


if __name__ == "__main__":
    main()
