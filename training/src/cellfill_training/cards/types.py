"""What a card says of cell types and embeddings: figures over studies, type by type, where others do better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cellfill.bundle import CellClass, Classes, Evaluation, Manifest
from cellfill.bundle.manifest import Task
from cellfill.tasks.embedding.verdict import MEANS, OWN, TOLD
from cellfill_training.cards.facts import PART_LEFT_OUT, STOPPING, STOPPING_OF

_NAMES = {"annotate": "Cell types", "embed": "Embedding"}
# Of each task, by which a model is better or worse than what stands beside it, and how that is said.
_DECISIVE: dict[Task, tuple[str, ...]] = {
    "annotate": ("accuracy", "macro_f1"),
    "embed": ("knn_accuracy", TOLD, "mixed"),
}
# What stands beside an embedding and places no cell: the gene's mean.
GENE_MEANS = MEANS
_APART = 0.5  # of the neighbours of other batches that chance would give
_WORSE = {"annotate": "names these cells worse than", "embed": "places these cells worse than"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures of one task and protocol: a row a study and method.

    Attributes
    ----------
    title
        What was judged.
    keys
        Names of the figures.
    rows
        Study, cells, method, and the figures, empty where there is none.
    """

    title: str
    keys: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(manifest: Manifest) -> tuple[Table, ...]:
    """Return the figures, by task and protocol."""
    order = {task: number for number, task in enumerate(manifest.tasks)}
    keys = list(dict.fromkeys((e.task, e.protocol) for e in manifest.evaluations))
    return tuple(
        _table(key, [e for e in manifest.evaluations if (e.task, e.protocol) == key])
        for key in sorted(keys, key=lambda key: order[key[0]])
    )


def _table(key: tuple[str, str], group: list[Evaluation]) -> Table:
    keys = tuple(dict.fromkeys(figure for e in group for s in e.scores for figure in s.values))

    def rows() -> Iterator[tuple[str, ...]]:
        for e in group:
            for s in e.scores:
                figures = (f"{s.values[figure]:.3f}" if figure in s.values else "" for figure in keys)
                yield e.data, f"{e.cells:,}", s.method, *figures

    return Table(title=f"{_NAMES[key[0]]}; {key[1]}", keys=keys, rows=tuple(rows()))


def judgement(manifest: Manifest) -> str:
    """Return what is first to know of a model's quality: how it does on studies that it did not learn from."""
    task: Task = "annotate" if manifest.annotation else "embed"
    own = _of_others([e for e in manifest.evaluations if e.task == task])
    if not own:
        return "It was judged on no cells: nothing is known of its error."
    sentences = []
    kind = (
        "known " if any("knn_accuracy" in s.values or "accuracy" in s.values for e in own for s in e.scores) else ""
    )
    for condition, of in _by_condition(own).items():
        means = _means(of)
        said = [
            f"{name} " + ", ".join(f"{key} {value:.3f}" for key, value in values.items())
            for name, values in means.items()
        ]
        cells, number = sum(e.cells for e in of), len({e.data for e in of})
        which = f"mean of {number} stud{'y' if number == 1 else 'ies'} ({cells:,} {kind}cells) that "
        which += "taught nothing to what was judged"
        if all(e.data.startswith(STOPPING_OF) for e in of):
            which = (
                f"{cells:,} {kind}cells of the training studies that changed no weight (no study was held out: of "
                "cells of another lab expect less)"
            )
        if all(e.protocol.startswith(STOPPING) for e in of):
            which = (
                f"{cells:,} {kind}cells of the training studies, which said when to stop and how sure to be (no "
                "study was held out: of cells of another lab expect less)"
            )
        if all(e.protocol.startswith(PART_LEFT_OUT) for e in of):
            which = (
                f"{cells:,} {kind}cells of the one training study, each judged by a model that had not seen its "
                "part of them (no study was held out: of cells of another lab expect less)"
            )
        sentences.append(f"With {condition}, {which}:\n{'; '.join(said)}.")
    return "\n\n".join(sentences)


def worse_beside(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each method that is better than the model in the mean over studies, all molecules."""
    lines = []
    for task in (task for task in manifest.tasks if task in _DECISIVE):
        for condition, of in [
            *_by_condition(_of_others([e for e in manifest.evaluations if e.task == task])).items()
        ][:1]:
            means = _means(of)
            ours = means.pop(OWN)
            means.pop(GENE_MEANS, None)  # see `poor_places`
            for method, values in means.items():
                said = {
                    key: f"{key} ({ours[key]:.3f} against {values[key]:.3f})"
                    for key in _DECISIVE[task]
                    if key in ours
                    and key in values
                    and round(ours[key], 3) != round(values[key], 3)
                    and (key != TOLD or max(ours[key], values[key]) > 0)  # else neither tells anything
                }
                worse = [said[key] for key in said if ours[key] < values[key]]
                better = [said[key] for key in said if ours[key] > values[key]]
                if worse:
                    also = f", though better in {' and '.join(better)}" if better else ""
                    behind = f"{_WORSE[task]} {method} in {' and '.join(worse)}"
                    lines.append(f"It {behind}{also}: mean of the studies, {condition}.")
    return tuple(lines)


def poor_places(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence where an embedding tells nothing of cells, and one where batches lie apart in it.

    Of one without labels, in the mean over studies.
    """
    own = _of_others([e for e in manifest.evaluations if e.task == "embed"])
    means = _means(own)
    ours = means.pop(OWN, {})
    means.pop(GENE_MEANS, None)
    lines = []
    if ours.get(TOLD, 1.0) <= 0:
        others = [method for method, values in means.items() if values[TOLD] <= 0]
        neither = f"; nor by {' and '.join(others)}, so that there is little to tell here" if others else ""
        lines.append(
            "Where it places cells tells nothing of them: by its 15 neighbours a cell's held-back molecules are "
            f"told no better than by the genes' means (deviance_explained {ours[TOLD]:.3f}, "
            f"and theirs is 0){neither}."
        )
    if ours.get("mixed", 1.0) < _APART:
        lines.append(
            f"Its batches still lie apart: cells have {ours['mixed']:.0%} of the neighbours of other batches that "
            "chance would give."
        )
    return tuple(lines)


def _of_others(evaluations: Sequence[Evaluation]) -> Sequence[Evaluation]:
    """Return those of other studies than a model learnt from, where there are some; parts of one say less."""
    return [e for e in evaluations if not e.protocol.startswith(PART_LEFT_OUT)] or evaluations


def _by_condition(evaluations: Sequence[Evaluation]) -> dict[str, list[Evaluation]]:
    """Return evaluations by how the cells were seen, all molecules first."""
    found: dict[str, list[Evaluation]] = {}
    for e in evaluations:
        found.setdefault(e.protocol.partition("; ")[2], []).append(e)
    return found


def _means(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, float]]:
    """Return the figures of each method that every study has, mean over them."""
    methods = {s.method: s for e in evaluations for s in e.scores}
    return {
        name: {
            key: _mean([s.values[key] for e in evaluations for s in e.scores if s.method == name])
            for key in score.values
            if key != "kept"
        }
        for name, score in methods.items()
    }


def kept(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each study of how many known cells are taken for known ones."""
    told = [(e, s.values["kept"]) for e in manifest.evaluations for s in e.scores if "kept" in s.values]
    return tuple(
        f"{e.data}, {e.protocol.partition('; ')[2]}: {100 - 100 * share:.1f} % of {e.cells:,} known cells are lost"
        for e, share in told
    )


def rows(classes: Classes | None) -> tuple[tuple[str, ...], ...]:
    """Return a row a type, those below another behind it: name, id, numbers of cells, figures."""
    if classes is None:
        return ()
    found: list[tuple[str, ...]] = []

    def below(parent: int) -> None:
        for place, row in enumerate(classes.rows):
            if int(classes.parents[place]) == parent:
                indent = "· " * int(classes.levels[place])
                figures = (row.precision, row.recall, row.f1, row.baseline_f1)
                counts = (f"{n:,.0f}" if n == n else "" for n in (row.cells, row.judged))
                found.append(
                    (indent + row.name, row.ontology_id, *counts, *(f"{x:.3f}" if x == x else "" for x in figures))
                )
                below(place)

    below(-1)
    return tuple(found)


def weak(classes: Classes | None) -> tuple[str, ...]:
    """Return a line for each most detailed type that logistic regression tells better, or that nobody judged."""
    leaves: list[CellClass] = [] if classes is None else [classes.rows[int(row)] for row in classes.leaves]
    lines = [
        f"{row.name}: F1 {row.f1:.3f}, by logistic regression on the same cells {row.baseline_f1:.3f}"
        for row in leaves
        if row.f1 < row.baseline_f1
    ]
    return (*lines, *(f"{row.name}: no cell of it was judged" for row in leaves if not row.judged > 0))


def better_beside(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each evaluation in which what stands beside the model is better in a figure."""
    lines = []
    for e in manifest.evaluations:
        ours = next(s.values for s in e.scores if s.method == OWN)
        better = [
            f"{s.method} {figure} {value:.3f} against {ours[figure]:.3f}"
            for s in e.scores
            for figure, value in s.values.items()
            if s.method != OWN and (value < ours[figure] if figure == "ece" else value > ours[figure])
        ]
        if better:
            lines.append(f"{e.data}, {_NAMES[e.task].lower()}, {e.protocol}: {'; '.join(better)}.")
    return tuple(lines)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
