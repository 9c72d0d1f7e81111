"""Judge where models place the cells of labelled studies, beside principal components of the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import CellfillError
from cellfill_training.evaluation.cell_types.judged import Asked, in_condition, record
from cellfill_training.evaluation.cost import measured
from cellfill_training.evaluation.protocols.annotation.answers import places_of
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS, SHALLOW
from cellfill_training.evaluation.protocols.embedding.mixing import score_mixing
from cellfill_training.evaluation.protocols.embedding.places import PCA, score_places
from cellfill_training.judging.annotation.neighbours import transfer_accuracy
from cellfill_training.judging.annotation.principal import principal_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.records import Record
    from cellfill_training.evaluation.subjects import Subject
    from cellfill_training.studies.study import Study


def judge_placing(asked: Asked, subject: Subject, *, seed: int) -> Iterator[Record]:
    """Yield the records of every method on one draw of a study, as it is and with 30 % of the molecules.

    With batches, each model is judged with and without what batches differ in, and by how well they mix.

    Parameters
    ----------
    asked
        The models.
    subject
        With labels.
    seed
        Of the molecules that are taken away, and of clustering.
    """
    for condition in (CONDITIONS[0], SHALLOW):
        study = in_condition(subject.study, condition, seed=seed)
        for method, place in _methods(asked, subject, seed).items():
            asked.tell(f"{study.name}, {study.counts.shape[0]:,} cells, {condition.name}, seed {seed}: {method}")
            try:
                places, cost = measured(lambda p=place, s=study: p(s))  # type: ignore[misc]
                values = _figures(places, subject, seed)
            except CellfillError as error:
                said = " ".join(str(error).split())
                yield record(study, "embedding", method, condition, {}, seed=seed, error=said)
                continue
            yield record(study, "embedding", method, condition, values, seed=seed, cost=cost)


def _methods(asked: Asked, subject: Subject, seed: int) -> dict[str, Callable[[Study], NDArray[np.floating]]]:
    batches = subject.batches
    found: dict[str, Callable[[Study], NDArray[np.floating]]] = {}
    for name, model in asked.models.items():
        found[name] = lambda study, model=model: places_of(model, study)  # type: ignore[misc]
        if batches is not None and "annotate" in model.manifest.tasks:
            found[f"{name}, batches taken out"] = lambda study, model=model: places_of(model, study, batches)  # type: ignore[misc]
    found[PCA] = lambda study: principal_components(study.counts, seed=seed)
    return found


def _figures(places: NDArray[np.floating], subject: Subject, seed: int) -> dict[str, float]:
    """Return the figures of the cells that have a place: one without counts that a model reads has none."""
    assert subject.labels is not None
    there = np.isfinite(places).all(axis=1)
    own, labels = places[there], subject.labels[there]
    values = score_places(own, labels, seed=seed)
    if subject.batches is not None:
        batches = subject.batches[there]
        values |= score_mixing(own, labels, batches)
        if len(np.unique(batches)) > 1:
            values["transfer"] = transfer_accuracy(own, labels, batches)
    return values
