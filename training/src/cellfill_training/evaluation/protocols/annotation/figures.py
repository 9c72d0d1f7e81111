"""The figures of one way to name the cells of one study: over all types, by level of the tree, type by type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.evaluation.protocols.annotation.truth import STRANGE, above, leaves_of, levels_of
from cellfill_training.judging.annotation.scores import merged, score_types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cellfill.bundle import Classes

TYPES, LEVELS, RECALL = "types", "accuracy by level", "recall by type"


def figures_of_types(
    probabilities: NDArray[np.floating],
    answers: NDArray[np.intp] | None,
    rows: NDArray[np.intp],
    classes: Classes,
) -> Mapping[str, Mapping[str, float]]:
    """Return figures by table and name.

    Parameters
    ----------
    probabilities
        Cells x leaf types.
    answers
        (cells,) row of the type that a cell is given, -1 for unassigned; None for what always gives a leaf.
    rows
        (cells,) row of the true type, see `truth.types_of`.
    classes
        The tree.

    Returns
    -------
    `TYPES`
        Of the likeliest leaf: ``accuracy``, ``macro_f1``, ``ece``. Of the answers: ``unassigned``, the share of
        known cells; ``right``, the share of the others whose answer is their type or one above it;
        ``strange_unassigned``, of cells of types that the model does not know. NaN where none is to be counted.
    `LEVELS`
        Accuracy at each level of the tree, roots first.
    `RECALL`
        Of each leaf.

    Raises
    ------
    DataError
        When no cell is of a leaf.
    """
    scores = score_types(probabilities, leaves_of(rows, classes))
    levels = {}
    for number, (groups, own) in enumerate(levels_of(rows, classes), start=1):
        summed, _ = merged(probabilities, own, groups)
        levels[f"level {number}"] = score_types(summed, own).accuracy
    table = {"accuracy": scores.accuracy, "macro_f1": scores.macro_f1, "ece": scores.ece}
    recall = {
        name: share for name, share in zip(classes.leaf_names, scores.recall, strict=True) if not np.isnan(share)
    }
    return {TYPES: table | _of_answers(answers, rows, classes), LEVELS: levels, RECALL: recall}


def _of_answers(answers: NDArray[np.intp] | None, rows: NDArray[np.intp], classes: Classes) -> dict[str, float]:
    given = np.zeros(len(rows), dtype=np.intp) if answers is None else answers
    known, none = rows != STRANGE, given < 0
    figures = {
        "unassigned": _share(none[known]),
        "right": _share(above(rows, given, classes)[known & ~none]),
        "strange_unassigned": _share(none[~known]),
    }
    return figures if answers is not None else dict.fromkeys(figures, float("nan"))


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else float("nan")
