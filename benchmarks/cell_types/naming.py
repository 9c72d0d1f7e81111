"""Are cells of a study that trained nothing named right, beside CellTypist, regression and trivial ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.judging.annotation.rivals import rivals
from cellfill_training.judging.annotation.scores import TypeScores, merged, score_types
from common import table

from .peers import celltypist
from .seen import DEPTHS, merging, only, say, see, study_names, teachers
from .studies import NAIVE, NEVER

if TYPE_CHECKING:
    from cellfill_training.architectures.classifier.cells import Cells

    from .networks import Trained
    from .studies import Studies

OURS, CELLTYPIST = "cellfill", "CellTypist"


def judge(found: Studies, cells: Cells, networks: dict[str, Trained], python: str, tell) -> str:
    """Name every labelled study by what learnt from the others, and return the tables."""
    leaves = tuple(found.table.tree.leaves)
    scores: dict[tuple[str, str, str], TypeScores] = {}
    naive: dict[tuple[str, str], float] = {}
    for names in _groups(found):
        taught = only(cells, teachers(names[0]))
        shown = {(name, depth): see(cells, name, depth) for name in names for depth in DEPTHS}
        tell(f"{', '.join(names)}: {CELLTYPIST}")
        given = {
            CELLTYPIST: dict(zip(shown, celltypist(python, taught, list(shown.values()), len(leaves)), strict=True))
        }
        given[OURS] = {key: say(networks[key[0]], cells, seen).probabilities for key, seen in shown.items()}
        for method, annotate in rivals(taught).items():
            tell(f"{', '.join(names)}: {method}")
            ordered = sorted(shown, key=lambda key: names.index(key[0]))  # one fit a study, whose genes it takes
            given[method] = {key: annotate(shown[key].counts, shown[key].measured) for key in ordered}
        for method, said in given.items():
            for (name, depth), probabilities in said.items():
                groups = merging(name, leaves)
                scores[method, name, depth] = score_types(*merged(probabilities, shown[name, depth].leaf, groups))
                if name in found.sorted:
                    own = probabilities[found.sorted[name] == NAIVE].argmax(axis=1)
                    naive[method, depth] = float((own == leaves.index("CD8 T cell")).mean())
    methods = [OURS, CELLTYPIST, *(m for m in dict.fromkeys(k[0] for k in scores) if m not in (OURS, CELLTYPIST))]
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
