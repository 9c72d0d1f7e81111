"""cellfill and its peers on the same cells, scored on the same entries.

Usage: python benchmarks/accuracy --data FOLDER [--scratch FOLDER] [--datasets NAME ...] [--methods NAME ...] ...

FOLDER holds the datasets of `settings.py`, in it or in FOLDER/h5ad. The scratch folder keeps one environment a peer
(6 GB, built on the first run), the models that are trained without a study, and one small file for each dataset,
protocol, seed and method: what is there is not run again.

Protocols. masked: ten non-zero counts a gene are hidden, drawn by the dropout curve (Arisdakessian 2019, Methods);
MSE and Pearson on log1p counts, of the mean (`expected`) and of the mean given a count (`expressed`; of methods
that give a mean alone it is the zero-truncated Poisson's, and so one everywhere for no imputation). "Read out for
its metric" is exp(E[log1p count | count > 0]) - 1 of a Poisson with the method's mean: what this MSE asks for, and
no longer a mean. molecules: 90 % of each cell's molecules predict the rest (Batson 2019); Poisson loss, with the
best floor for values near zero, and MSE of log1p of values brought to 10,000 a cell (Open Problems, denoising),
read out for its metric too: with E[log1p value] of a Poisson in place of log1p of its mean. In
the others the methods see all counts, and what `cellfill_training.evaluation` (docs/evaluation.md) says of the
filled counts is kept, for every estimate: with zeros filled and observed counts kept (`expected`), and with every
entry replaced (`expected, all`); of a mean alone the zero-truncated Poisson's is the `expressed`; a gene that a
method does not fill keeps its counts. truth: a simulated loss against the counts before it. clusters: Leiden
against known types. simulation: the Splat model's differing genes and groups, new cells for each seed. They need
cellfill-training[evaluate].

Every method is given the same counts: cells with enough genes, at most --max-cells of them, and genes that 5 % of
the cells and 20 cells have (worm 2 %, cell lines 20 %).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from accuracy.methods import METHODS
from accuracy.report import report
from accuracy.run import Plan, outcomes, run
from accuracy.settings import PROTOCOLS, SETTINGS
from common import keep


def main() -> None:
    """Run what is not done, and keep the tables."""
    parser = argparse.ArgumentParser(
        prog="python benchmarks/accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path(".accuracy"))
    parser.add_argument("--datasets", nargs="+", choices=SETTINGS, default=list(SETTINGS), metavar="NAME")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="NAME")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--max-cells", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=1, help="methods at once; more than 1 spoils the seconds")
    parser.add_argument("--threads", type=int, help="of each method's libraries; their own choice by default")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds a method may take on one task")
    parser.add_argument(
        "--model",
        nargs="+",
        default=[],
        metavar="DATASET=FOLDER",
        help="a pre-trained model; --again what was scored without it",
    )
    parser.add_argument("--again", nargs="+", default=[], choices=METHODS, metavar="NAME", help="run though done")
    parser.add_argument("--retry", action="store_true", help="run again what failed")
    parser.add_argument("--tables", action="store_true", help="run nothing: the tables of what was run")
    parser.add_argument("--name", default="accuracy", help="of the file beside this script")
    arguments = parser.parse_args()
    plan = Plan(
        data=arguments.data.resolve(),
        scratch=arguments.scratch.resolve(),
        datasets=arguments.datasets,
        methods=arguments.methods,
        protocols=arguments.protocols,
        seeds=arguments.seeds,
        max_cells=arguments.max_cells,
        jobs=arguments.jobs,
        timeout=arguments.timeout,
        threads=arguments.threads,
        again=arguments.again,
        retry=arguments.retry,
        models={name: Path(folder).resolve() for name, _, folder in (m.partition("=") for m in arguments.model)},
    )
    if not arguments.tables:
        run(plan, say=lambda text: print(text, file=sys.stderr, flush=True))
    given = "" if arguments.datasets == list(SETTINGS) else " --datasets " + " ".join(arguments.datasets)
    given += "" if arguments.methods == list(METHODS) else " --methods " + " ".join(arguments.methods)
    given += "" if arguments.protocols == list(PROTOCOLS) else " --protocols " + " ".join(arguments.protocols)
    given += f" --seeds {plan.seeds} --max-cells {plan.max_cells}"
    keep(
        Path(__file__).with_name(f"{arguments.name}.md"),
        f"python benchmarks/accuracy --data FOLDER{given}",
        report(outcomes(plan)),
    )


if __name__ == "__main__":
    main()
