"""From how many labelled cells on do hidden layers pay? What `fit --task annotate` chooses by itself rests on it.

Usage: python benchmarks/cell_types/few_labels.py --data FOLDER [--scratch FOLDER] [--seeds N] [--tables]

FOLDER holds h5ad, genes and labels. Runs are those of `benchmarks/tasks` at more sizes, and are kept there
(`benchmarks/tasks/runs/annotate.jsonl`): so many labelled cells of a dataset teach, and the same 30 % are named.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import keep, need, table

if TYPE_CHECKING:
    from tasks.plan import Case

SIZES = (200, 400, 600, 800, 1000)
WAYS = {
    "centroid": "nearest centroid",
    "regression": "logistic regression",
    "linear": "linear, augmented cells",
    "classifier": "with hidden layers",
}


def main() -> None:
    """Run what is not there, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path(".tasks"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", action="store_true", help="run nothing: the table of what was run")
    arguments = parser.parse_args()
    need("tensorflow", "sklearn")
    from tasks.kept import days, recall, record
    from tasks.methods import SELF
    from tasks.plan import cases, outcomes, run_all
    from tasks.sources import prepare

    wanted = [
        case
        for case in cases(["annotate"], seeds=arguments.seeds, sizes=SIZES)
        if case.name in WAYS and case.way == SELF
    ]
    scratch, known = arguments.scratch.resolve(), recall(["annotate"])
    if not arguments.tables:
        prepare(arguments.data, scratch / "cells")
        run_all(
            [case for case in wanted if case not in known],
            scratch=scratch,
            minutes=None,
            say=lambda text: print(text, file=sys.stderr, flush=True),
        )
    record(outcomes(wanted, scratch))
    known = recall(["annotate"])
    found = {case: known[case] for case in wanted if case in known and "failed" not in known[case]}
    report = (
        f"{len(found)} of {len(wanted)} runs, made {days(found.values())}.\n\n{in_mean(found)}\n\n{by_data(found)}"
    )
    command = f"python benchmarks/cell_types/few_labels.py --data FOLDER --seeds {arguments.seeds}"
    keep(Path(__file__).with_name("few-labels.md"), command, report)


def in_mean(found: Mapping[Case, Mapping[str, Any]]) -> str:
    """Return macro F1 and CPU seconds by method and size: the mean of the datasets, and half its range by draw."""
    datasets = {case.dataset for case in found}
    body = []
    for name, title in WAYS.items():
        cells = []
        for size in SIZES:
            own = {(c.dataset, c.seed): f1_of(o) for c, o in found.items() if (c.name, c.size) == (name, size)}
            means = [
                float(np.mean([own[dataset, seed] for dataset in datasets]))
                for seed in sorted({seed for _, seed in own})
                if all((dataset, seed) in own for dataset in datasets)
            ]
            half = f" ± {(max(means) - min(means)) / 2:.3f}" if len(means) > 1 else ""
            cells.append(f"{np.mean(means):.3f}{half}" if means else "-")
        seconds = [o["cpu"] for c, o in found.items() if (c.name, c.size) == (name, 600)]
        body.append([title, *cells, f"{np.median(seconds):.1f}" if seconds else "-"])
    head = [f"macro F1, mean of {len(datasets)} datasets", *map(str, SIZES), "CPU seconds at 600"]
    return table(head, body)


def by_data(found: Mapping[Case, Mapping[str, Any]]) -> str:
    """Return what hidden layers gain over none, by dataset and size: the mean of the draws."""
    body = []
    for dataset in sorted({case.dataset for case in found}):
        cells = []
        for size in SIZES:
            own = {(c.name, c.seed): f1_of(o) for c, o in found.items() if (c.dataset, c.size) == (dataset, size)}
            gains = [
                value - own["linear", seed]
                for (name, seed), value in own.items()
                if name == "classifier" and ("linear", seed) in own
            ]
            cells.append(f"{np.mean(gains):+.3f}" if gains else "-")
        body.append([dataset, *cells])
    return table(["hidden layers less linear", *map(str, SIZES)], body)


def f1_of(outcome: Mapping[str, Any]) -> float:
    """Return the macro F1 of a run."""
    return float(outcome["figures"][""]["macro_f1"])


if __name__ == "__main__":
    main()
