"""Run one method on one task in a process of its own, and keep its scores."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .methods import Method

# What the peers' libraries read their number of threads from.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
WORKERS = Path(__file__).parent / "workers"


class MethodFailedError(RuntimeError):
    """A method gave no result; the message says why, in one line."""


def run(
    method: Method,
    *,
    python: Path | str,
    counts: Path,
    out: Path,
    seed: int,
    model: Path | None,
    timeout: float,
    threads: int | None,
) -> dict[str, Any]:
    """Run a worker to its end; its estimates are then in ``out``.

    Returns
    -------
    What it said: seconds, CPU seconds and peak memory, versions and remarks.

    Raises
    ------
    MethodFailedError
        When it fails or takes too long.
    """
    shutil.rmtree(out, ignore_errors=True)
    command: Sequence[object] = (python, WORKERS / f"{method.worker}.py", counts, out, "--seed", seed)
    command = (*command, *method.arguments, *(("--model", model) if model else ()))
    # The peers' environments must not see this one's packages.
    own = str(python) == sys.executable
    variables = {k: v for k, v in os.environ.items() if own or not k.startswith("PYTHON")}
    if threads is not None:
        variables |= dict.fromkeys(_THREADS, str(threads))
    started = time.perf_counter()
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=variables | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired as error:
        raise MethodFailedError(f"took longer than {timeout / 60:.0f} minutes") from error
    if done.returncode:
        raise MethodFailedError(_reason(done.stderr, done.returncode))
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said | {"wall": time.perf_counter() - started}


def read_estimates(out: Path, variant: str) -> Mapping[str, np.ndarray]:
    """Return the estimates of one variant that a worker wrote."""
    found = {}
    for path in sorted(out.glob("*.npy")):
        *before, estimate = path.stem.split(".")
        if "".join(before) == variant:
            found[estimate] = np.load(path)
    if any(np.isinf(values).any() for values in found.values()):
        raise MethodFailedError("gave infinite values")
    return found


def _reason(talk: str, code: int) -> str:
    """Return the last line that a failed worker said, and the signal that ended it."""
    lines = [line.strip() for line in talk.splitlines() if line.strip()]
    said = lines[-1] if lines else f"exit code {code}"
    if code == -signal.SIGKILL:
        return "killed, as for want of memory"
    return (f"{signal.Signals(-code).name}: {said}" if code < 0 else said)[:200]
