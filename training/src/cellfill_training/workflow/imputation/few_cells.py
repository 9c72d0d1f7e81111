"""What speaks against training on few cells."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from cellfill_training.architectures.subnetworks.start import Start
from cellfill_training.studies.study import Study

# Below, a model of other studies of the tissue was better than one of the cells (benchmarks/transfer/pairs.md).
FEW_CELLS = 200


def few_cells(kept: Sequence[Study], start: Start | None, on_step: object) -> list[str]:
    """Return what speaks against training on so few cells; who listens to no steps is warned as Python warns."""
    cells = sum(study.counts.shape[0] for study in kept)
    if cells >= FEW_CELLS or start is not None:
        return []
    text = (
        f"{cells:,} cells are few to train on: below {FEW_CELLS} a pre-trained model of the same tissue has less "
        "error (on 50 PBMC by a fifth). Impute with one, or go on from one with --from (in Python start=)."
    )
    if on_step is None:
        warnings.warn(text, stacklevel=3)
    return [f"WARNING {text}"]
