"""Run models of cell types through their protocols: by number of cells, over seeds, beside trivial ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from cellfill.errors import UsageError
from cellfill.progress import each
from cellfill_training.evaluation.cell_types.judged import Asked, names_of
from cellfill_training.evaluation.cell_types.naming import judge_naming
from cellfill_training.evaluation.cell_types.placing import judge_placing
from cellfill_training.evaluation.cell_types.unknown import judge_unknown
from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.protocols.annotation.conditions import CONDITIONS
from cellfill_training.evaluation.protocols.embedding.places import LEAST_CELLS, too_few
from cellfill_training.evaluation.records import Evaluations, Record

if TYPE_CHECKING:
    from cellfill.model import Model
    from cellfill_training.evaluation.subjects import Subject

CellProtocol = Literal["types", "unknown", "embedding"]
CELL_PROTOCOLS: tuple[CellProtocol, ...] = get_args(CellProtocol)
_PACKAGES: Mapping[CellProtocol, tuple[str, ...]] = {
    "types": ("sklearn",),
    "embedding": ("scanpy", "sklearn", "igraph"),
    "unknown": (),
}
_TASKS: Mapping[CellProtocol, str] = {"types": "annotate", "unknown": "annotate", "embedding": "embed"}


def evaluate_cell_types(
    models: Sequence[Model],
    subjects: Sequence[Subject],
    *,
    references: Sequence[Subject] = (),
    foreign: Sequence[Subject] = (),
    meaning: Mapping[str, str] | None = None,
    protocols: Sequence[str] | None = None,
    sizes: Sequence[int | None] = (None,),
    seeds: Sequence[int] = (0, 1, 2),
    on_step: Callable[[str], None] | None = None,
    on_ready: Callable[[Evaluations], None] | None = None,
) -> Evaluations:
    """Run models that name or place cells through every protocol.

    Parameters
    ----------
    models
        Loaded, of the same types where they name cells.
    subjects
        Studies that no model learnt from, with labels, and with batches where mixing is judged.
    references
        Labelled studies that the rivals learn from; without one the commonest type alone stands beside the models.
    foreign
        Cells of no type that the models know.
    meaning
        The type that a label stands for, where it is not the type's own name.
    protocols
        Names; None for all that the models and the data allow.
    sizes
        Numbers of cells to draw; None for all.
    seeds
        Of the draws of cells, molecules and genes.
    on_step
        Called with a word on what runs.
    on_ready
        Called with all draws of a protocol on so many cells of one study.

    Raises
    ------
    UsageError
        When nothing can be judged, or a protocol is asked for that the models or the data do not allow.
    DataError
        When no label of a study is of a type that the models know.
    MissingDependencyError
        When a package that a protocol needs is not installed.
    """
    asked = Asked(names_of(models), on_step or (lambda _text: None))
    chosen = _chosen(models, subjects, foreign, protocols, sizes, asked.tell)
    named = meaning or {}
    records: list[Record] = []
    groups = _groups(asked, chosen, subjects, references, foreign, named, sizes, seeds)
    per_draw = sum(protocol != "unknown" for protocol in chosen)
    number = per_draw * sum(len(_sizes(sizes, subject)) for subject in subjects)
    number += len(foreign) if "unknown" in chosen else 0
    for group in each(groups, "judging", total=number, unit="tables"):
        ready = tuple(group)
        records += ready
        if on_ready is not None:
            on_ready(Evaluations(records=ready))
    return Evaluations(records=tuple(records))


def _groups(
    asked: Asked,
    chosen: Sequence[CellProtocol],
    subjects: Sequence[Subject],
    references: Sequence[Subject],
    foreign: Sequence[Subject],
    meaning: Mapping[str, str],
    sizes: Sequence[int | None],
    seeds: Sequence[int],
) -> Iterator[list[Record]]:
    for subject in subjects:
        for size in _sizes(sizes, subject):
            draws = [(seed, subject.draw(size, seed=seed)) for seed in seeds]
            if "types" in chosen:
                found = (r for n, drawn in draws for r in judge_naming(asked, drawn, references, meaning, seed=n))
                yield sorted(found, key=_condition)
            if "embedding" in chosen:
                yield [r for n, drawn in draws for r in judge_placing(asked, drawn, seed=n)]
    if "unknown" in chosen:
        for other in foreign:
            yield [r for seed in seeds for r in judge_unknown(asked, subjects, other, meaning, seed=seed)]


def _sizes(sizes: Sequence[int | None], subject: Subject) -> list[int | None]:
    """Return the numbers of cells that are drawn of a subject; None for all."""
    cells = subject.study.counts.shape[0]
    return list(dict.fromkeys(None if size is None or size >= cells else size for size in sizes))


def _condition(record: Record) -> int:
    """Return where a record stands in a table: conditions one after the other."""
    return [condition.name for condition in CONDITIONS].index(record.read_out)


def _chosen(
    models: Sequence[Model],
    subjects: Sequence[Subject],
    foreign: Sequence[Subject],
    asked: Sequence[str] | None,
    sizes: Sequence[int | None],
    tell: Callable[[str], None],
) -> tuple[CellProtocol, ...]:
    """Return the protocols to run, of which everything is there; tell why placing is left out unasked."""
    if not subjects:
        raise UsageError("There is no study to judge on: give --data.")
    if any(subject.labels is None for subject in subjects):
        raise UsageError("Models of cell types are judged by cells whose types are known: give --labels COLUMN.")
    for name in asked or ():
        if name not in CELL_PROTOCOLS:
            raise UsageError(
                f"The protocol {name!r} is none of models of cell types; theirs are {', '.join(CELL_PROTOCOLS)}."
            )
    cells = [subject.study.counts.shape[0] for subject in subjects]
    fewest = min([*cells, *(size for size in sizes if size is not None)])
    chosen, lacks = [], ""
    for protocol in CELL_PROTOCOLS:
        if asked is not None and protocol not in asked:
            continue
        without = [m.manifest.name for m in models if _TASKS[protocol] not in m.manifest.tasks]
        lacks = f"{without[0]} does not {_TASKS[protocol]}" if without else ""
        if protocol == "unknown" and not foreign:
            lacks = lacks or "there are no cells of unknown types: give --foreign"
        if protocol == "embedding" and fewest < LEAST_CELLS:
            lacks = lacks or too_few(fewest)
            if asked is None and not without:
                tell(f"The protocol embedding is left out: {lacks}.")
        if not lacks:
            chosen.append(protocol)
        elif asked is not None:
            raise UsageError(f"The protocol {protocol} cannot be run: {lacks}.")
    if not chosen:
        raise UsageError(f"No protocol can be run on these models and cells: {lacks}.")
    for protocol in chosen:
        for package in _PACKAGES[protocol]:
            require(package, purpose=f"The protocol {protocol}")
    return tuple(chosen)
