"""Mutated models by the thousand: none may crash, hang, or take memory beyond the bound.

Usage: python benchmarks/robustness/fuzz.py [--examples 20000]

The mutations of tests/runtime/hostile, of the files of a small sound model of format 1 and of one of format 2, each
under the right hashes, another draw each time. An example loads the model, imputes with all and with a part of it,
and has all that it gives; it must run or be refused within five seconds, 300 MB and one line. Each file has a
process of its own, so that a crash is seen, too.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, need, table

OLD = ("manifest.json", "genes.tsv", "model.onnx")
NEW = (*OLD, "classes.tsv", "profiles.tsv", "reference.tsv", "golden.json")
CASES = (*(f"1-{name}" for name in OLD), *(f"2-{name}" for name in NEW))
TEST = "tests/runtime/hostile/test_fuzz.py::test_a_mutated_model_runs_or_is_refused"


def fuzz(name: str, examples: int) -> list[str]:
    """Run the fuzz test of one file of a format and return its row of the table."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", f"{TEST}[{name}]"],
        env=os.environ | {"CELLFILL_FUZZ_EXAMPLES": str(examples)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    counts = re.search(r"'refused': (\d+), 'ran': (\d+)", done.stdout)
    if done.returncode or counts is None:
        print(done.stdout[-5000:], done.stderr[-2000:], file=sys.stderr)
        return [name, "-", "-", f"{seconds:.0f}", f"**failed**, exit code {done.returncode}"]
    return [name, *(f"{int(number):,}" for number in counts.groups()), f"{seconds:.0f}", "none"]


def main() -> None:
    """Fuzz every file and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=20_000)
    arguments = parser.parse_args()
    need("hypothesis", "pytest")
    rows = [fuzz(name, arguments.examples) for name in CASES]
    header = [
        "format and mutated file",
        "refused",
        "ran",
        "seconds",
        "crashes, hangs, memory over the bound, other errors",
    ]
    keep(
        Path(__file__).with_name("fuzz.md"),
        f"python benchmarks/robustness/fuzz.py --examples {arguments.examples}",
        table(header, rows),
    )
    if any(row[-1] != "none" for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
