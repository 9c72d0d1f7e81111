"""What each task adds to a dataset, by the name that a person asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.tasks.annotation.columns import Columns
from cellfill.tasks.embedding import task as embedding
from cellfill.tasks.imputation import record as imputation

if TYPE_CHECKING:
    from cellfill.bundle import Manifest, Task
    from cellfill.results.names import Names


def usual_key(task: Task, manifest: Manifest) -> str:
    """Return what the results of a task are called if nobody asks."""
    if task == "embed":
        assert manifest.embedding is not None
        return manifest.embedding.key
    return {"impute": "imputed", "annotate": "cell_type"}[task]


def names_added(task: Task, key: str) -> Names:
    """Return what a task adds, at most."""
    if task == "impute":
        return imputation.names_of(key)
    return Columns(key).names(typical=True) if task == "annotate" else embedding.names_of(key)
