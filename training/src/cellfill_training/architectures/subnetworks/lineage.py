"""What a tuned model takes over from the model that it continues: records, and what the new cells do not tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import GeneIndex
from cellfill.bundle import Study as StudyRecord
from cellfill.errors import UsageError
from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.fitting.options import FitOptions
from cellfill_training.fitting.presets import STRUCTURE, Preset
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of a provenance: the model that this one goes on from, and the studies that trained that.
TUNED_FROM = "fine-tuned from"
EARLIER = "studies that trained it before"
BETWEEN = "; "


def take_structure(start: Start, options: FitOptions, preset: Preset, species: str) -> FitOptions:
    """Return the options with what the model decides; refuse those that contradict it.

    Raises
    ------
    UsageError
        When the model is of another preset, objective or species than is asked for.
    """
    manifest = start.bundle.manifest
    theirs = manifest.architecture.preset
    if theirs != preset or options.objective != start.objective:
        raise UsageError(
            f"{manifest.name} is of preset {theirs!r} (objective {start.objective}), and {preset!r} (objective "
            f"{options.objective}) was asked for: its weights mean nothing there. Say --preset {theirs}."
        )
    if species not in ("unknown", manifest.species) and manifest.species != "unknown":
        raise UsageError(f"{manifest.name} is for {manifest.species}, and the new model is to be for {species}.")
    return replace(options, hidden=start.weights[0].shape[2], members=1)


def option_words(start: Start | None, options: FitOptions) -> dict[str, str]:
    """Return the options for the manifest: those that made the structure are the first model's."""
    own = {name: str(value) for name, value in dataclasses.asdict(options).items()}
    if start is None:
        return own
    theirs = start.bundle.manifest.architecture.options
    return {name: theirs.get(name, value) if name in STRUCTURE else value for name, value in own.items()}


def check_seen(start: Start, held_out: Sequence[Study]) -> None:
    """Refuse to judge on a study that the model was trained on.

    Raises
    ------
    UsageError
        When there is one, by its name.
    """
    seen = {record.name for record in start.bundle.manifest.studies if record.role == "training"}
    if known := sorted(seen & {study.name for study in held_out}):
        raise UsageError(
            f"{start.bundle.manifest.name} was itself trained on {known[0]}: that study cannot judge what is made "
            "of it. Hold out another one, or rename it if it is another."
        )


def earlier_studies(start: Start, names: Sequence[str]) -> tuple[StudyRecord, ...]:
    """Return the records of the studies that trained the model before; not of those that train it now."""
    records = start.bundle.manifest.studies
    return tuple(record for record in records if record.role == "training" and record.name not in names)


def descent(start: Start) -> dict[str, str]:
    """Return what the provenance says of the model that this one continues."""
    manifest = start.bundle.manifest
    told = f"{manifest.name}, model.onnx sha256 {manifest.files['model.onnx'].sha256}"
    before = manifest.provenance.get(TUNED_FROM)
    earlier = BETWEEN.join(record.name for record in manifest.studies if record.role == "training")
    return {TUNED_FROM: told if before is None else f"{told}; itself from {before}", EARLIER: earlier}


def keep_untold(genes: GeneIndex, start: Start, measured: NDArray[np.bool_]) -> GeneIndex:
    """Return a gene index with what the new cells do not tell taken from the model's.

    All aliases; and, of genes that no new study measured, the dispersion, and the share of worth. The shares of the
    others make up the rest.
    """
    old = start.bundle.genes
    worth = np.nan_to_num(old.column("worth"))
    known = np.asarray(measured.any(axis=0))
    rest = 1 - worth[~known].sum()
    rows = []
    for gene, before, told in zip(genes, old, known.tolist(), strict=True):
        rows.append(
            replace(
                gene,
                aliases=before.aliases,
                worth=gene.worth * rest if told else before.worth,
                inverse_dispersion=gene.inverse_dispersion if told else before.inverse_dispersion,
            )
        )
    return GeneIndex(rows)
