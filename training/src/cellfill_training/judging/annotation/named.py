"""What methods say of a study's known cells, whole and then thinned, and the figures of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Evaluation, Score
from cellfill_training.architectures.classifier.left_out import SHALLOW
from cellfill_training.judging.annotation.rivals import LOGISTIC
from cellfill_training.judging.annotation.scores import score_types

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.options.shared import Task

OURS = "cellfill"
CONDITIONS = ("all molecules", f"{100 * SHALLOW:.0f} % of the molecules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Cells, twice: whole, and then each again with 30 % of its molecules.

    Attributes
    ----------
    name
        Of the study.
    truth
        (2 cells,) number of the type.
    said
        By method, probabilities: 2 cells x leaves; ours first.
    kept
        (2 cells,) whether ours takes it for a cell of known type; None where that is not asked.
    told
        For whole cells, and for thinned ones: by method, how often types are told by where cells lie.
    """

    name: str
    truth: NDArray[np.intp]
    said: Mapping[str, NDArray[np.floating]]
    kept: NDArray[np.bool_] | None = None
    told: Sequence[Mapping[str, float]] = field(default_factory=tuple)


def as_one(parts: Sequence[Named], *, name: str) -> Named:
    """Return parts of a study, each of which another model named, as one."""

    def halves(values: Sequence[NDArray[np.generic]]) -> NDArray[np.generic]:
        cut = [len(one) // 2 for one in values]
        whole = [one[:half] for one, half in zip(values, cut, strict=True)]
        return np.concatenate([*whole, *(one[half:] for one, half in zip(values, cut, strict=True))])

    weights = [len(one.truth) for one in parts]
    return Named(
        name=name,
        truth=halves([one.truth for one in parts]),  # type: ignore[arg-type]
        said={method: halves([one.said[method] for one in parts]) for method in parts[0].said},  # type: ignore[misc]
        told=[
            {
                method: float(np.average([one.told[place][method] for one in parts], weights=weights))
                for method in parts[0].told[place]
            }
            for place in range(len(CONDITIONS))
        ],
    )


def evaluations_of(found: Named, *, how: str) -> list[Evaluation]:
    """Return the figures of both tasks, whole and thinned.

    Parameters
    ----------
    found
        What was said of the cells.
    how
        What they had to do with the model.
    """
    number = len(found.truth) // 2
    evaluations = []
    for place, condition in enumerate(CONDITIONS):
        rows = slice(place * number, (place + 1) * number)
        scores = []
        for method, probabilities in _in_order(found.said):
            scored = score_types(np.nan_to_num(probabilities[rows]), found.truth[rows])
            values = {"accuracy": scored.accuracy, "macro_f1": scored.macro_f1, "ece": scored.ece}
            if method == OURS and found.kept is not None:
                values["kept"] = float(found.kept[rows].mean())
            scores.append(Score(method=method, values=values))
        evaluations.append(_evaluation(found.name, f"{how}; {condition}", "annotate", number, scores))
        told = [Score(method=m, values={"knn_accuracy": value}) for m, value in found.told[place].items()]
        evaluations.append(_evaluation(found.name, f"{how}; {condition}", "embed", number, told))
    return evaluations


def _in_order(
    said: Mapping[str, NDArray[np.floating]],
) -> list[tuple[str, NDArray[np.floating]]]:
    """Put logistic regression second, where the head of the card looks for what is beside the model."""
    return sorted(said.items(), key=lambda item: {OURS: 0, LOGISTIC: 1}.get(item[0], 2))


def _evaluation(data: str, protocol: str, task: Task, cells: int, scores: Sequence[Score]) -> Evaluation:
    return Evaluation(
        data=data, protocol=protocol, task=task, estimate=None, cells=cells, entries=0, scores=tuple(scores)
    )
