"""How to impute: every option of an imputation, checked once."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_args

from cellfill.errors import EstimateError, UsageError
from cellfill.estimates import ESTIMATES, Estimate
from cellfill.fitness.heed import Require
from cellfill.network.blocks import BLOCK_SIZE
from cellfill.network.threads import usual_workers
from cellfill.results.named import Dtype
from cellfill.tasks.imputation.fill import POLICIES, Policy

# Decided on known truth, see README, "Which estimate".
DEFAULT_ESTIMATE: Estimate = "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to impute.

    Attributes
    ----------
    estimate
        ``expected``, ``expressed`` or ``posterior``.
    policy
        ``zeros``, ``max`` or ``all``.
    calibrate
        Whether to correct the model on the new cells.
    gate
        Whether genes that the model predicts no better than their mean, in these cells, are left alone.
    require
        What the model must do on these cells, or nothing is imputed: it ``fits``, or fits at least with ``limits``.
    genes
        Names of the genes to impute; None for all that the model fills.
    drop_below
        An imputed value below this leaves a zero zero, in counts; makes sparse results small.
    dtype
        Of the result. ``float16`` is dense, and holds whole numbers exactly up to 2,048 only.
    min_coverage
        Share of the model's predictors, by worth, that the dataset must have; None for the model's own.
    block_size
        Cells a block.
    workers
        Blocks worked on at once; None for `usual_workers`.
    """

    estimate: Estimate
    policy: Policy = "zeros"
    calibrate: bool = True
    gate: bool = True
    require: Require | None = None
    genes: tuple[str, ...] | None = None
    drop_below: float = 0.0
    dtype: Dtype = "float32"
    min_coverage: float | None = None
    block_size: int = BLOCK_SIZE
    workers: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing, and take numbers of numpy for those of Python."""
        if self.policy not in POLICIES:
            raise UsageError(f"policy is {self.policy!r}; it must be one of {', '.join(POLICIES)}.")
        if self.dtype not in get_args(Dtype):
            raise UsageError(f"dtype is {self.dtype!r}; it must be one of {', '.join(get_args(Dtype))}.")
        if self.require is not None and self.require not in get_args(Require):
            raise UsageError(f"require is {self.require!r}; it must be one of {', '.join(get_args(Require))}.")
        if self.require is not None and not self.gate:
            raise UsageError(
                f"require={self.require!r} asks for a check of the model, which gate=False (--no-gate) leaves out: "
                "give one of the two."
            )
        numbers: dict[str, Any] = {
            "block_size": _whole("block_size", self.block_size, " cell"),
            "workers": None if self.workers is None else _whole("threads", self.workers, ""),
            "drop_below": _drop_below(self.drop_below),
            "min_coverage": check_coverage(self.min_coverage),
            "calibrate": bool(self.calibrate),
            "gate": bool(self.gate),
        }
        for name, value in numbers.items():
            object.__setattr__(self, name, value)
        if isinstance(self.genes, str) or self.genes == () or any(not isinstance(g, str) for g in self.genes or ()):
            raise UsageError("genes must be a list of gene names, at least one.")

    @property
    def threads(self) -> int:
        """Blocks worked on at once."""
        return self.workers or usual_workers()


def check_coverage(least: float | None) -> float | None:
    """Return a least coverage as a number of Python.

    Raises
    ------
    UsageError
        When it is not from 0 to 1, or None.
    """
    if least is None:
        return None
    if not _is_real(least) or not 0 <= least <= 1:
        raise UsageError(f"min_coverage is {least!r}; it must be a share from 0 to 1.")
    return float(least)


def _drop_below(count: float) -> float:
    if not _is_real(count) or not 0 <= count < 1:
        raise UsageError(f"drop_below is {count!r}; it must be a count from 0 to below 1.")
    return float(count)


def _whole(name: str, value: Any, unit: str) -> int:
    """Return a whole number as one of Python."""
    try:
        truth = isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # numpy 1: a number
        number = 0 if truth else operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise UsageError(f"{name} is {value!r}; it must be a whole number, at least 1{unit}.")
    return number


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def choose_estimate(asked: Estimate | None, available: Sequence[Estimate]) -> Estimate:
    """Return the estimate to give: the one asked for, or the default where the model has it.

    Raises
    ------
    EstimateError
        When the model does not have the one asked for.
    """
    if asked is None:
        return DEFAULT_ESTIMATE if DEFAULT_ESTIMATE in available else available[0]
    if asked not in ESTIMATES:
        raise EstimateError(f"estimate is {asked!r}; it must be one of {', '.join(ESTIMATES)}.")
    if asked not in available:
        raise EstimateError(
            f"This model does not give the estimate {asked!r}, only {', '.join(available)}: its loss does not "
            f"learn the others. Ask for --estimate {available[0]} or choose another model."
        )
    return asked
