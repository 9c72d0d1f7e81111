"""Imputation as a task: what a run asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.estimates import bounds_of
from cellfill.results.named import Block, Layer, Results
from cellfill.results.names import Names
from cellfill.tasks.imputation.options import check_bounds, choose_estimate
from cellfill.tasks.imputation.prepare import Prepared, prepare
from cellfill.tasks.imputation.record import describe_result, names_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from cellfill.counts.find import Found
    from cellfill.counts.source import Source
    from cellfill.estimates import Estimate
    from cellfill.network.graphs import Graphs
    from cellfill.results.gathered import Gathered
    from cellfill.tasks.imputation.options import ImputeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Impute:
    """Impute with a model.

    Attributes
    ----------
    model
        The model.
    options
        How to impute.
    key
        Name of the layer that is added.
    probabilities
        Of quantiles of counts that are given beside it, instead of the bounds that the options ask for.
    """

    model: Graphs
    options: ImputeOptions
    key: str
    probabilities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an estimate, or bounds, that the model does not have, before any count is read."""
        _ = self.estimate
        if self.bounds:
            check_bounds(self.model.bundle.manifest.estimates)

    @property
    def estimate(self) -> Estimate:
        """Which estimate: the one asked for, or the model's own.

        Raises
        ------
        EstimateError
            When the model does not have the one asked for.
        """
        return choose_estimate(self.options.estimate, self.model.bundle.manifest.estimates)

    @property
    def bounds(self) -> Mapping[str, float]:
        """The layers of bounds, and the share of counts that lies at or below each."""
        if self.probabilities:
            return {f"{self.key}_{number}": share for number, share in enumerate(self.probabilities)}
        if self.options.interval is None:
            return {}
        outside = (1 - self.options.interval) / 2
        return dict(zip(bounds_of(self.key), (outside, 1 - outside), strict=True))

    @property
    def names(self) -> Names:
        """What is added to a dataset."""
        return names_of(self.key, tuple(self.bounds))

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes the values of two runs on the same counts the same; plain types."""
        files = self.model.bundle.manifest.files
        return {
            "model": files["model.onnx"].sha256,
            "genes": files["genes.tsv"].sha256,
            "settings": dict(self.options.altering()) | {"estimate": self.estimate},
            "key": self.key,
        }

    def prepare(self, found: Found, *, cells: int, dense: bool) -> Ready:
        """Decide what all blocks have in common; the result is dense as ``X`` is, and always in half precision.

        Raises
        ------
        CellfillError
            As `cellfill.tasks.imputation.prepare.prepare`.
        """
        dense = dense or self.options.dtype != "float32"
        prepared = prepare(
            self.model,
            found.source,
            found.names,
            self.options,
            cells=cells,
            dense=dense,
            probabilities=tuple(self.bounds.values()),
        )
        return Ready(task=self, prepared=prepared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An imputation that is ready for blocks.

    Attributes
    ----------
    task, prepared
        What it is, and what was decided.
    """

    task: Impute
    prepared: Prepared

    @property
    def layer(self) -> Layer:
        """The form of the layer, and of the bounds."""
        step = self.prepared.step
        return Layer(
            name=self.task.key,
            also=tuple(self.task.bounds),
            dense=step.dense,
            dtype=step.dtype,
            filled=0 if step.drop_below else len(step.columns),
            rounded=step.rounded,
            columns=None if self.prepared.asked is None else self.prepared.asked.columns,
        )

    def apply(self, counts: csr_matrix) -> Block:
        """Fill a block of cells."""
        return self.prepared.step.apply(counts)

    def describe(self, *, cells: int, gathered: Gathered | None, source: Source, notes: Sequence[str]) -> Results:
        """Say what was done."""
        done = self.prepared.done(cells=cells, tally=None if gathered is None else gathered.tally)
        bundle = self.task.model.bundle
        options = self.task.options
        settings = _storable(options.altering())
        said = {**_storable(options.recorded()), "estimate": self.task.estimate, "options": settings}
        beside = tuple(self.task.bounds)
        return describe_result(done, said, bundle, key=self.task.key, beside=beside, source=source, notes=notes)


def _storable(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as a file can hold them: without those left to the model, names as an array."""
    return {
        name: np.array(value, dtype=object) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None
    }
