"""The manifest of a new model: what it is, what it was trained on, and by what."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from cellfill.bundle import FORMAT, Architecture, Imputation, Manifest, Scale
from cellfill.bundle import Study as StudyRecord
from cellfill_training.architectures.subnetworks.build import Built
from cellfill_training.architectures.subnetworks.lineage import descent, earlier_studies, option_words
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.cards.about import Settled
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset
from cellfill_training.studies.blocks import cell_totals
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.study import Study


def describe(
    name: str,
    said: Settled,
    built: Built,
    cohort: Cohort,
    options: FitOptions,
    *,
    preset: Preset,
    start: Start | None,
    records: Sequence[StudyRecord],
) -> Manifest:
    """Return the manifest of a model that is not judged yet, and of which no file is written.

    Parameters
    ----------
    name
        Of the model.
    said
        Species, tissue and licence.
    built
        The trained model.
    cohort
        The cells that trained it.
    options, preset
        How it was trained.
    start
        The model that it continues.
    records
        Its own studies, of `study_records`.
    """
    poisson = options.objective == "poisson"
    return Manifest(
        format=FORMAT,
        format_version=1,
        name=name,
        species=said.species,
        tissue=said.tissue,
        licence=said.licence,
        architecture=Architecture(name="deepimpute", preset=preset, options=option_words(start, options)),
        min_coverage=options.min_coverage,
        scale=Scale(counts="raw", size_factors="shared-gene-means", library_sizes=_library_sizes(cohort)),
        graph=built.form,
        imputation=Imputation(
            estimates=("expected", "expressed", "posterior") if poisson else ("expressed",),
            subnetworks=built.subnetworks,
        ),
        annotation=None,
        embedding=None,
        studies=(earlier_studies(start, cohort.names) if start else ()) + tuple(records),
        evaluations=(),
        provenance=(descent(start) if start else {})
        | ({"species": f"told by {said.told}"} if said.told else {})
        | _provenance(built.parity, built.epochs),
        files={},
    )


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


def _library_sizes(cohort: Cohort) -> tuple[float, ...]:
    return tuple(float(q) for q in np.quantile(cell_totals(cohort.counts), [0.01, 0.5, 0.99]))


def _provenance(parity: float, epochs: int) -> dict[str, str]:
    packages = ("cellfill-training", "cellfill", "tensorflow", "tf2onnx", "onnx", "onnxruntime", "numpy")
    return {
        "trained": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "epochs": str(epochs),
        "largest relative difference between ONNX Runtime and TensorFlow": f"{parity:.1e}",
        "versions": ", ".join(f"{p} {_version(p)}" for p in packages),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(another build)"  # onnxruntime-gpu, tensorflow-cpu
