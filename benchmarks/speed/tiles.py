"""Large datasets made of a real one, repeated; and a command run as a whole process, measured."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import anndata
import h5py
import numpy as np
from anndata.io import write_elem
from scipy import sparse

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Seconds, and the most memory in MB (resident set), of a process."""

    seconds: float
    megabytes: float


def run(command: list[str], *, quiet: bool = True) -> Run:
    """Run a command to its end.

    Raises
    ------
    SystemExit
        When it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE if quiet else None)
    said = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed: {said.decode()[-500:]}")
    return Run(seconds=seconds, megabytes=usage.ru_maxrss / 1000)


def write_tiled(source: Path, path: Path, *, cells: int, genes: int | None = None) -> None:
    """Write an .h5ad of so many cells, those of ``source`` again and again, as anndata writes it.

    With ``genes``, of so many genes, those that most cells have.
    """
    adata = anndata.read_h5ad(source)
    if genes is not None:
        found = np.asarray((adata.X > 0).sum(axis=0)).ravel()
        adata = adata[:, np.sort(np.argsort(-found, kind="stable")[:genes])].copy()
    counts = sparse.csr_matrix(adata.X).astype(np.float32)
    with h5py.File(path, "w") as file:
        write_elem(file, "/", anndata.AnnData(var=adata.var[[]]))
        names = np.char.add("cell", np.arange(cells).astype(str)).astype(object)
        obs = file.create_group("obs_new")
        obs.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0"})
        obs.attrs["_index"], obs.attrs["column-order"] = "_index", np.array([], dtype="S1")
        write_elem(obs, "_index", names)
        del file["obs"]
        file.move("obs_new", "obs")
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        group.attrs["shape"] = (cells, counts.shape[1])
        _append(group, counts, cells)


def _append(group: h5py.Group, counts: sparse.csr_matrix, cells: int) -> None:
    rounds, rest = divmod(cells, counts.shape[0])
    parts = [counts] * rounds + ([counts[:rest]] if rest else [])
    total = sum(part.nnz for part in parts)
    data = group.create_dataset("data", (total,), "f4", chunks=(min(_CHUNK, total),))
    indices = group.create_dataset("indices", (total,), "i4", chunks=(min(_CHUNK, total),))
    starts, at = [np.zeros(1, dtype=np.int64)], 0
    for part in parts:
        data[at : at + part.nnz], indices[at : at + part.nnz] = part.data, part.indices
        starts.append(at + part.indptr[1:].astype(np.int64))
        at += part.nnz
    group.create_dataset("indptr", data=np.concatenate(starts))
