"""The manifest of a new model: what it is, what it was trained on, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from cellfill.bundle import FORMAT, Architecture, Imputation, Manifest, Scale
from cellfill.bundle import Study as StudyRecord
from cellfill_training.architectures.subnetworks.build import Built
from cellfill_training.architectures.subnetworks.lineage import descent, earlier_studies, option_words
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.cards.about import Settled
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import Preset
from cellfill_training.studies.cohort import Cohort
from cellfill_training.workflow.records import library_sizes, provenance


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
        Its own studies, of `records.study_records`.
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
        scale=Scale(counts="raw", size_factors="shared-gene-means", library_sizes=library_sizes(cohort.counts)),
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
        | provenance(built.parity, built.epochs),
        files={},
    )
