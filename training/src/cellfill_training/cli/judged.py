"""What a person is told of a model's figures: a line each study, beside the best of the simple methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cellfill_training.cards.types import GENE_MEANS

if TYPE_CHECKING:
    from cellfill.bundle import Evaluation, Manifest

_OURS, _CALIBRATED = "cellfill", "cellfill, calibrated"


def judged_lines(manifest: Manifest) -> Iterator[str]:
    """Yield how a model did on cells that did not train it."""
    for evaluation in manifest.evaluations:
        ours = {score.method: score.values for score in evaluation.scores if score.method.startswith(_OURS)}
        others = {score.method: score.values for score in evaluation.scores if not score.method.startswith(_OURS)}
        last = next(reversed(ours), "")
        said = _said(evaluation, ours[last], others, calibrated=last == _CALIBRATED) if ours and others else ""
        if said:
            yield f"judged on {evaluation.data}: {said}"


def _said(
    evaluation: Evaluation,
    ours: Mapping[str, float],
    others: Mapping[str, Mapping[str, float]],
    *,
    calibrated: bool,
) -> str:
    if "mse" in ours:
        best = min(others, key=lambda name: others[name]["mse"])
        change = 1 - ours["mse"] / others[best]["mse"]
        more = "less" if change >= 0 else "more"
        once = ", once it is calibrated on the cells," if calibrated else ""
        beside = f"than by {best}, the best without a model"
        return f"hidden counts come back with {abs(change):.0%} {more} squared error{once} {beside}"
    if "deviance_explained" in ours:
        return "; ".join(_of_places(ours, others))
    for key, what in (("accuracy", "cells named right"), ("knn_accuracy", "places beside cells of the same type")):
        if key in ours:
            beside = ", ".join(f"{name} {values[key]:.1%}" for name, values in others.items() if key in values)
            which = evaluation.protocol.rpartition("; ")[2]
            return f"{which}: {ours[key]:.1%} of {what} ({beside})"
    return ""


def _of_places(ours: Mapping[str, float], others: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield what neighbours tell, and how batches mix, where that was looked at."""
    beside = {name: values for name, values in others.items() if name != GENE_MEANS}
    yield (
        f"by its neighbours a cell's held-back molecules are told with {_less(ours['deviance_explained'])} error "
        "(deviance) than by the genes' means"
        + "".join(f" ({name}: {_less(values['deviance_explained'])})" for name, values in beside.items())
    )
    if "mixed" in ours:
        yield (
            f"cells have {ours['mixed']:.0%} of the neighbours of other batches that chance would give"
            + "".join(f" ({name}: {values['mixed']:.0%})" for name, values in beside.items())
        )


def _less(share: float) -> str:
    return f"{abs(share):.1%} {'less' if share >= 0 else 'more'}"
