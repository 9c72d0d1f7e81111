"""Judge how models name the cells of labelled studies, beside what learns from labelled cells without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import CellfillError, DataError
from cellfill_training.architectures.classifier.cells import Cells, bring_together
from cellfill_training.evaluation.cell_types.judged import Asked, in_condition, record
from cellfill_training.evaluation.cost import measured
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS
from cellfill_training.evaluation.protocols.annotation.figures import figures_of_types
from cellfill_training.evaluation.protocols.annotation.truth import leaves_of, types_of
from cellfill_training.judging.annotation.rivals import rivals
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.labels import Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.records import Record
    from cellfill_training.evaluation.subjects import Subject

COMMONEST = "commonest type of these cells"


def judge_naming(
    asked: Asked,
    subject: Subject,
    references: Sequence[Subject],
    meaning: Mapping[str, str],
    *,
    seed: int,
) -> Iterator[Record]:
    """Yield the records of every method on one draw of a study, in every condition.

    Parameters
    ----------
    asked
        The models.
    subject, references
        The study that judges, and those that rivals learn from; all with labels.
    meaning
        The type that a label stands for.
    seed
        Of the molecules and genes that are taken away.

    Raises
    ------
    DataError
        When no label is of a type that the models know, or the references are of one type.
    """
    assert subject.labels is not None
    study, classes = subject.study, asked.classes
    taught = [_labelled(reference, asked, meaning) for reference in references]
    if taught and len(np.unique(np.concatenate([t.leaves[t.trusted] for t in taught]))) < 2:
        raise DataError("The references have cells of one type alone: nothing can be learnt from them.")
    rows = types_of(list(subject.labels), classes, meaning)
    leaves = leaves_of(rows, classes)
    for condition in CONDITIONS:
        for name in asked.models:
            try:
                answers, cost = asked.answers(name, study, condition, seed=seed)
                tables = figures_of_types(answers.probabilities, answers.types, rows, classes)
            except CellfillError as error:
                yield record(study, "types", name, condition, {}, seed=seed, error=" ".join(str(error).split()))
                continue
            for table, values in tables.items():
                yield record(study, table, name, condition, values, seed=seed, cost=cost)
        probabilities = _commonest(leaves, len(classes.leaves))
        for table, values in figures_of_types(probabilities, None, rows, classes).items():
            yield record(study, table, COMMONEST, condition, values, seed=seed)
    if not taught:
        return
    variants = [in_condition(study, condition, seed=seed) for condition in CONDITIONS]
    given = [Labelled(study=variant, leaves=leaves, trusted=leaves >= 0) for variant in variants]
    cells = bring_together(
        [*taught, *given],
        [],
        types=len(classes.leaves),
        table=GeneTable(),
    )
    for method, annotate in rivals(_first(cells, len(taught))).items():
        for place, condition in enumerate(CONDITIONS, start=len(taught)):
            asked.tell(f"{study.name}, {len(rows):,} cells, {condition.name}, seed {seed}: {method}")
            own = cells.counts[cells.study == place]
            probabilities, cost = measured(lambda a=annotate, c=own, p=place: a(c, cells.measured[p]))  # type: ignore[misc]
            for table, values in figures_of_types(probabilities, None, rows, classes).items():
                yield record(study, table, f"{method}, of --reference", condition, values, seed=seed, cost=cost)


def _labelled(subject: Subject, asked: Asked, meaning: Mapping[str, str]) -> Labelled:
    assert subject.labels is not None
    leaves = leaves_of(types_of(list(subject.labels), asked.classes, meaning), asked.classes)
    return Labelled(study=subject.study, leaves=leaves, trusted=leaves >= 0)


def _first(cells: Cells, number: int) -> Cells:
    """Return the cells of the first studies alone."""
    own = cells.take(cells.study < number)
    return replace(own, measured=own.measured[:number], names=own.names[:number])


def _commonest(leaves: NDArray[np.intp], types: int) -> NDArray[np.float64]:
    """Return probabilities that give every cell the type which most of them have: no name could do better alone."""
    most = int(np.bincount(leaves[leaves >= 0], minlength=types).argmax())
    return np.tile(np.eye(types)[most], (len(leaves), 1))
