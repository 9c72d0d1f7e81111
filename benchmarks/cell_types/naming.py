"""Are cells of a study that trained nothing named right, beside CellTypist, regression and trivial ways."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.judging.annotation.rivals import rivals
from cellfill_training.judging.annotation.scores import TypeScores, merged, score_types
from common import table

from .peers import celltypist
from .remembered import remembered
from .seen import DEPTHS, merging, only, say, see, study_names, teachers
from .studies import NAIVE, NEVER

if TYPE_CHECKING:
    from pathlib import Path

    from cellfill_training.architectures.classifier.cells import Cells

    from .networks import Trained
    from .studies import Studies

OURS, CELLTYPIST = "cellfill", "CellTypist"


def judge(
    found: Studies, cells: Cells, networks: dict[str, Trained], python: str | None, scratch: Path, tell
) -> str:
    """Name every labelled study by what learnt from the others, and return the tables.

    Without CellTypist where there is no Python for it.
    """
    leaves = tuple(found.table.tree.leaves)
    scores: dict[tuple[str, str, str], TypeScores] = {}
    naive: dict[tuple[str, str], float] = {}
    for names in _groups(found):
        taught = only(cells, teachers(names[0]))
        shown = {(name, depth): see(cells, name, depth) for name in names for depth in DEPTHS}
        every = list(shown.values())
        ways = {method: _of_rival(annotate, every) for method, annotate in rivals(taught).items()}
        if python is not None:
            ways[CELLTYPIST] = partial(celltypist, python, taught, every, len(leaves))
        given = {OURS: {key: say(networks[key[0]], cells, seen).probabilities for key, seen in shown.items()}}
        for method, way in ways.items():
            tell(f"{', '.join(names)}: {method}")
            given[method] = dict(zip(shown, remembered(scratch, method, taught, every, way), strict=True))
        for method, said in given.items():
            for (name, depth), probabilities in said.items():
                groups = merging(name, leaves)
                scores[method, name, depth] = score_types(*merged(probabilities, shown[name, depth].leaf, groups))
                if name in found.sorted:
                    own = probabilities[found.sorted[name] == NAIVE].argmax(axis=1)
                    naive[method, depth] = float((own == leaves.index("CD8 T cell")).mean())
    found_methods = dict.fromkeys(method for method, _, _ in scores)
    methods = sorted(found_methods, key=lambda method: (method != OURS, method != CELLTYPIST))
    names = study_names(found)
    parts = []
    for depth in DEPTHS:
        rows = [
            [
                method,
                _mean([scores[method, name, depth] for name in names]),
                *(_shown(scores[method, name, depth]) for name in names),
                f"{naive[method, depth]:.3f}",
            ]
            for method in methods
        ]
        head = ["accuracy / macro F1 / ECE", "mean", *names, "sorted naive CD8 T cells found"]
        parts.append(f"{depth[0].upper()}{depth[1:]}.\n\n{table(head, rows)}")
    return "\n\n".join([_ABOUT, *parts])


_ABOUT = (
    "Each study is named by what learnt from the four studies that train, without itself; the last two train "
    f"nothing and nothing was chosen by them. Monocytes are one type in {' and '.join(NEVER)}. ECE: expected "
    "calibration error, 15 bins; CellTypist's probabilities, each of a type against the rest, are divided by "
    "their sum. Which genes cellfill reads was chosen on all four training studies, and one temperature was "
    "fitted on the four left out: the four columns are a little better by this than the last two, which are free "
    "of it."
)


def _of_rival(annotate, every):
    return lambda: [annotate(seen.counts, seen.measured) for seen in every]


def _groups(found: Studies) -> list[tuple[str, ...]]:
    """Return the studies that are judged by the same teachers together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in study_names(found):
        groups.setdefault(teachers(name), []).append(name)
    return [tuple(names) for names in groups.values()]


def _shown(scores: TypeScores) -> str:
    return f"{scores.accuracy:.3f} / {scores.macro_f1:.3f} / {scores.ece:.3f}"


def _mean(scores: list[TypeScores]) -> str:
    figures = np.mean([(s.accuracy, s.macro_f1, s.ece) for s in scores], axis=0)
    return "**" + " / ".join(f"{figure:.3f}" for figure in figures) + "**"
