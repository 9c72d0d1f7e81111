"""What was done, as a record for machines: the answer to ``--json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.fitting.epoch import Epoch


def record_of(
    bundle: Bundle, out: Path, history: Sequence[Epoch], *, seconds: float, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return what was trained, by how much, and how good it is."""
    return {
        **model_record(bundle, out),
        "seconds": round(seconds, 2),
        "epochs": len(history),
        "last_epoch": asdict(history[-1]) if history else None,
        "warnings": list(warnings),
    }


def model_record(bundle: Bundle, folder: Path) -> dict[str, Any]:
    """Return what a model is, its figures, and what is missing before it can be published."""
    from cellfill.hub.publish import missing_of

    manifest = bundle.manifest
    return {
        "model": str(folder),
        "tasks": list(manifest.tasks),
        "architecture": manifest.architecture.name,
        "species": manifest.species,
        "tissue": manifest.tissue,
        "licence": manifest.licence,
        "inputs": len(bundle.genes.inputs),
        "targets": len(bundle.genes.targets),
        "studies": [_plain(asdict(study)) for study in manifest.studies],
        "evaluations": [_plain(asdict(evaluation)) for evaluation in manifest.evaluations],
        "missing_to_publish": list(missing_of(bundle)),
    }


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value is not None}
