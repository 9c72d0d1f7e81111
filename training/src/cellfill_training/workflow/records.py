"""What the manifest of any new model says of its studies, its cells and its making."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Study as StudyRecord
from cellfill_training.studies.blocks import cell_totals
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from cellfill_training.studies.blocks import Counts


def study_records(kept: Sequence[Study], judges: Sequence[Study]) -> tuple[StudyRecord, ...]:
    """Return what the manifest says of the studies that train a model, and of those that judge it."""
    pairs = [(s, "training") for s in kept] + [(s, "held-out") for s in judges]
    return tuple(
        StudyRecord(
            name=study.name,
            role=role,  # type: ignore[arg-type]
            cells=study.counts.shape[0],
            genes=study.counts.shape[1],
            source=study.source,
            licence=study.licence,
        )
        for study, role in pairs
    )


def library_sizes(counts: Counts) -> tuple[float, ...]:
    """Return the 1st, 50th and 99th percentile of the cells' counts."""
    return tuple(float(q) for q in np.quantile(cell_totals(counts), [0.01, 0.5, 0.99]))


def provenance(parity: float, epochs: int | None) -> dict[str, str]:
    """Return when and by what a model was made.

    Parameters
    ----------
    parity
        The largest difference between its graph and TensorFlow.
    epochs
        Passes over its cells; None where there is no such thing.
    """
    packages = ("cellfill-training", "cellfill", "tensorflow", "onnx", "onnxruntime", "numpy")
    return {
        "trained": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **({} if epochs is None else {"epochs": str(epochs)}),
        "largest relative difference between ONNX Runtime and TensorFlow": f"{parity:.1e}",
        "versions": ", ".join(f"{p} {_version(p)}" for p in packages),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(another build)"  # onnxruntime-gpu, tensorflow-cpu
