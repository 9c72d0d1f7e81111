"""What runs in the peers' own environment: CellTypist and Harmony, each a small file of arrays in and out."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from cellfill_training.architectures.classifier.genes import log_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill_training.architectures.classifier.cells import Cells

    from .seen import Seen

WORKER = Path(__file__).with_name("peers_worker.py")


def celltypist(python: str, taught: Cells, seen: Sequence[Seen], types: int) -> list[NDArray[np.float64]]:
    """Train CellTypist on labelled cells and name others; probabilities sum to 1, its label has the largest.

    Its own probabilities are of each type against the rest.
    """
    symbols = np.array([gene.symbol or gene.ensembl_id for gene in taught.genes])
    _, first = np.unique(symbols, return_index=True)
    unique = np.zeros(len(symbols), dtype=bool)
    unique[first] = True
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        known = taught.measured.all(axis=0) & unique
        own = taught.leaf >= 0
        _write(scratch / "taught.npz", taught.counts[own], known, symbols, taught.leaf[own])
        for number, cells in enumerate(seen):
            _write(scratch / f"{number}.npz", cells.counts, cells.measured & unique, symbols, cells.leaf)
        _run(python, "celltypist", folder, str(len(seen)))
        found = []
        for number in range(len(seen)):
            with np.load(scratch / f"{number}.out.npz") as given:
                probabilities = np.zeros((len(given["said"]), types))
                probabilities[:, given["leaves"]] = given["probabilities"]
            found.append(probabilities / np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-12))
    return found


def harmony(python: str, places: NDArray[np.float32], batches: NDArray[np.str_]) -> NDArray[np.float32]:
    """Return places of cells corrected by Harmony."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "places.npz", places=places, batches=np.unique(batches, return_inverse=True)[1])
        _run(python, "harmony", folder)
        return np.load(Path(folder) / "places.npy")


def versions(python: str) -> str:
    """Return what is in the peers' environment, for a result's text."""
    asked = "from importlib.metadata import version as v; print(', '.join(f'{p} {v(p)}' for p in ('celltypist', "
    asked += "'harmonypy', 'scikit-learn', 'scanpy')))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def _write(path: Path, counts, known, symbols, leaf) -> None:
    own = counts[:, np.flatnonzero(known)].tocsr()
    levels = log_levels(own, np.maximum(own.sum(axis=1).A1, 1) / 1e4).astype(np.float32)
    assert sparse.issparse(levels)
    np.savez(
        path,
        data=levels.data,
        indices=levels.indices,
        indptr=levels.indptr,
        shape=levels.shape,
        symbols=symbols[known].astype(str),
        leaf=leaf,
    )


def _run(python: str, *arguments: str) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, str(WORKER), *arguments], capture_output=True, text=True, check=False, env=variables
    )
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{done.stderr[-2000:]}")
