"""Judge whether cells of no known type stay unassigned, beside how many known ones are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import CellfillError
from cellfill_training.evaluation.cell_types.judged import Asked, record
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS, SHALLOW
from cellfill_training.evaluation.protocols.annotation.strangers import CERTAINTY, figures_of_strangers
from cellfill_training.evaluation.protocols.annotation.truth import STRANGE, types_of

if TYPE_CHECKING:
    from cellfill_training.evaluation.records import Record
    from cellfill_training.evaluation.subjects import Subject


def judge_unknown(
    asked: Asked,
    known: Sequence[Subject],
    foreign: Subject,
    meaning: Mapping[str, str],
    *,
    seed: int,
) -> Iterator[Record]:
    """Yield the records of every model on foreign cells, as they are and with 30 % of the molecules.

    Parameters
    ----------
    asked
        The models.
    known
        Labelled studies, whose cells of known types are to be kept.
    foreign
        Cells of no type that the models know.
    meaning
        The type that a label stands for.
    seed
        Of the molecules that are taken away.
    """
    study = foreign.study
    for condition in (CONDITIONS[0], SHALLOW):
        for name in asked.models:
            try:
                answers, cost = asked.answers(name, study, condition, seed=seed)
                kept, sure = [], []
                for subject in known:
                    assert subject.labels is not None
                    own, _ = asked.answers(name, subject.study, condition, seed=seed)
                    of_known = types_of(list(subject.labels), asked.classes, meaning) != STRANGE
                    kept.append((own.types < 0)[of_known])
                    sure.append(own.probabilities.max(axis=1)[of_known])
            except CellfillError as error:
                yield record(study, "unknown", name, condition, {}, seed=seed, error=" ".join(str(error).split()))
                continue
            ours, certainty = figures_of_strangers(
                np.concatenate(kept),
                answers.types < 0,
                np.concatenate(sure),
                answers.probabilities.max(axis=1),
            )
            yield record(study, "unknown", name, condition, ours, seed=seed, cost=cost)
            yield record(study, "unknown", f"{name}, by its {CERTAINTY}", condition, certainty, seed=seed)
