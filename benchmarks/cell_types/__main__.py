"""Cell types and embeddings of blood, on studies that the network never saw.

Usage: python benchmarks/cell_types --data FOLDER --peers-python PATH [--questions naming unknown places batches]

FOLDER holds `h5ad`, `genes` and `labels` (a table of cell and type a study; see `studies.py`). PATH is the Python
of an environment with the peers:

    python3.11 -m venv peers
    peers/bin/pip install celltypist==1.7.1 scikit-learn==1.6.1 harmonypy==0.0.10

Five networks are trained for the studies, each without the one that it is judged on, and three without a type;
they are kept in --scratch, and are trained again only when the options or the training change.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from common import keep, need

QUESTIONS = ("naming", "unknown", "places", "batches")


def main() -> None:
    """Train what is not there, measure, and keep the tables."""
    parser = argparse.ArgumentParser(
        prog="python benchmarks/cell_types",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers-python", help="without it there is no peer, and no question of batches")
    parser.add_argument("--scratch", type=Path, default=Path(".cell_types"))
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    arguments = parser.parse_args()
    if arguments.peers_python is None and "batches" in arguments.questions:
        parser.error("the question of batches needs --peers-python: Harmony stands beside them")
    need("anndata", "cellfill", "cellfill_training", "igraph", "scanpy", "sklearn", "tensorflow")
    from cell_types import batches, naming, peers, places, unknown
    from cell_types.networks import without_studies
    from cell_types.seen import together
    from cell_types.studies import read_studies
    from cellfill_training.architectures.classifier.options import ClassifierOptions

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    found = read_studies(arguments.data)
    tell("networks")
    networks = without_studies(found, ClassifierOptions(), arguments.scratch)
    cells = together(found)
    python = arguments.peers_python
    for question in arguments.questions:
        body = {
            "naming": lambda: naming.judge(found, cells, networks, python, arguments.scratch, tell),
            "unknown": lambda: unknown.judge(found, cells, networks, arguments.scratch, tell),
            "places": lambda: places.judge(found, cells, networks, tell),
            "batches": lambda: batches.judge(found, cells, networks, python, tell),
        }[question]()
        if question in ("naming", "batches") and python is not None:
            body = f"Peers: {peers.versions(python)}.\n\n{body}"
        peer = "" if python is None else " --peers-python PATH"
        command = f"python benchmarks/cell_types --data FOLDER{peer} --questions {question}"
        keep(Path(__file__).with_name(f"{question}.md"), command, body)


if __name__ == "__main__":
    main()
