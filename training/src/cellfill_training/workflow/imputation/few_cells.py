"""What speaks against training on few cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle.files import MANIFEST
from cellfill.bundle.manifest import parse_manifest
from cellfill.errors import CellfillError
from cellfill.hub.folders import named_models
from cellfill_training.cards.about import Settled
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from cellfill.bundle import Manifest
    from cellfill_training.architectures.subnetworks.start import Start

# Below, a model of other studies of the tissue was better than one of the cells (benchmarks/transfer/pairs.md).
FEW_CELLS = 200


def few_cells(kept: Sequence[Study], said: Settled, start: Start | None) -> list[str]:
    """Return what speaks against training on so few cells.

    Parameters
    ----------
    kept
        The studies to train on.
    said
        What the model is to be of: models at hand that are of the same are named.
    start
        The model that it continues: then nothing speaks against it.
    """
    cells = sum(study.counts.shape[0] for study in kept)
    if cells >= FEW_CELLS or start is not None:
        return []
    return [
        f"{cells:,} cells are few to train on: below {FEW_CELLS} a pre-trained model of the same tissue has less "
        f"error (on 50 PBMC by a fifth). {_instead(said)}"
    ]


def _instead(said: Settled) -> str:
    """Return what to do instead, with the models at hand that it can be done with."""
    found = dict(_at_hand(said.species))
    same = {path: of for path, of in found.items() if said.tissue and of.casefold() == said.tissue.casefold()}
    if len(same) == 1:
        (path,) = same
        return (
            f"There is one of {said.tissue}: impute with it (cellfill impute CELLS --model {path}), or go on from "
            f"it with --from {path} (in Python start=)."
        )
    text = "Impute with one, or go on from one with --from (in Python start=)"
    listed = ", ".join(f"{path} ({of})" for path, of in (same or ({} if said.tissue else found)).items())
    return f"{text}: {listed}." if listed else f"{text}."


def _at_hand(species: str) -> Iterator[tuple[Path, str]]:
    """Yield folders and tissues of models that are found by name, of a species, and can be continued."""
    for path in named_models().values():
        try:
            manifest: Manifest = parse_manifest((path / MANIFEST).read_bytes())
        except (OSError, CellfillError):
            continue
        if manifest.architecture.name == "deepimpute" and species in (manifest.species, "unknown", ""):
            yield path, manifest.tissue or "tissue not said"
