"""When is deep learning better: every network and every traditional way at every task, on the same cells.

Usage: python benchmarks/tasks --data FOLDER [--scratch FOLDER] [--minutes N]

FOLDER holds h5ad, genes and labels. Every method sees the same 2,000 genes of the same cells: 200, 1,000 or all of
a dataset, three draws. A method learns from these cells, or, pre-trained, from four studies of blood, and is then
applied to two that trained nothing. impute: a tenth of the molecules is hidden and told (share of the Poisson
deviance beyond gene means x library), or a simulated loss undone. annotate: so many cells with types teach, and the
same 30 % of the dataset are named. embed: cells are placed by 90 % of their molecules; types by 15 neighbours, and
the hidden molecules. correct: batches of one tissue, or of the same cell lines. Networks are as published
(docs/architectures.md), but for what `methods.py` says; what is judged and timed is training, export and use.

Runs are kept in `benchmarks/tasks/runs`, a line each: what is there is not run again, and who goes on adds to it
(delete a line to make its run again). The scratch folder keeps runs as they are made, the pre-trained models, and
environments for MAGIC and Harmony. All runs take some twenty hours on two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import keep, need


def main() -> None:
    """Run what is not done, and keep a table a task."""
    from tasks.kept import recall, record
    from tasks.methods import METHODS, SIZES
    from tasks.plan import cases, outcomes, run_all
    from tasks.tables import TITLES, report

    parser = argparse.ArgumentParser(
        prog="python benchmarks/tasks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path(".tasks"))
    parser.add_argument("--tasks", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", choices=["200", "1000", "all"], default=["200", "1000", "all"])
    parser.add_argument("--minutes", type=float, help="start no run after so many")
    parser.add_argument("--tables", action="store_true", help="run nothing: the tables of what was run")
    arguments = parser.parse_args()
    need("tensorflow", "sklearn", "igraph")
    scratch = arguments.scratch.resolve()
    sizes = [None if size == "all" else int(size) for size in arguments.sizes]
    wanted = list(cases(arguments.tasks, seeds=arguments.seeds, sizes=sizes))
    known = recall(arguments.tasks)
    if not arguments.tables:
        from tasks.sources import prepare

        prepare(arguments.data, scratch / "cells")
        run_all(
            [case for case in wanted if case not in known],
            scratch=scratch,
            minutes=arguments.minutes,
            say=lambda text: print(text, file=sys.stderr, flush=True),
        )
    record(outcomes(wanted, scratch))
    known = recall(arguments.tasks)
    found = {case: known[case] for case in wanted if case in known}
    for task in arguments.tasks:
        own = {case: outcome for case, outcome in found.items() if case.task == task}
        if own:
            command = f"python benchmarks/tasks --data FOLDER --tasks {task} --seeds {arguments.seeds}"
            command += "" if len(sizes) == len(SIZES) else f" --sizes {' '.join(arguments.sizes)}"
            keep(Path(__file__).with_name(f"{TITLES[task]}.md"), command, report(task, own))


if __name__ == "__main__":
    main()
