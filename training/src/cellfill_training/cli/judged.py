"""What a person is told of a model's figures: a line each study, beside the best of the simple methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellfill.bundle import Evaluation, Manifest

_OURS = "cellfill"


def judged_lines(manifest: Manifest) -> Iterator[str]:
    """Yield how a model did on cells that did not train it."""
    for evaluation in manifest.evaluations:
        ours = [score.values for score in evaluation.scores if score.method.startswith(_OURS)]
        others = {score.method: score.values for score in evaluation.scores if not score.method.startswith(_OURS)}
        said = _said(evaluation, ours[-1], others) if ours and others else ""
        if said:
            yield f"judged on {evaluation.data}: {said}"


def _said(evaluation: Evaluation, ours: Mapping[str, float], others: Mapping[str, Mapping[str, float]]) -> str:
    if "mse" in ours:
        best = min(others, key=lambda name: others[name]["mse"])
        change = 1 - ours["mse"] / others[best]["mse"]
        more = "less" if change >= 0 else "more"
        beside = f"than by {best}, the best without a model"
        return f"hidden counts come back with {abs(change):.0%} {more} squared error {beside}"
    for key, what in (("accuracy", "cells named right"), ("knn_accuracy", "places beside cells of the same type")):
        if key in ours:
            beside = ", ".join(f"{name} {values[key]:.1%}" for name, values in others.items() if key in values)
            which = evaluation.protocol.rpartition("; ")[2]
            return f"{which}: {ours[key]:.1%} of {what} ({beside})"
    return ""
