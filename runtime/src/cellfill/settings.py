"""How to impute: every option of an imputation, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import get_args

from cellfill.assemble import Dtype
from cellfill.engine import usual_workers
from cellfill.errors import EstimateError, UsageError
from cellfill.estimates import ESTIMATES, Estimate
from cellfill.fill import POLICIES, Policy
from cellfill.infer import BLOCK_SIZE

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
    genes: tuple[str, ...] | None = None
    drop_below: float = 0.0
    dtype: Dtype = "float32"
    min_coverage: float | None = None
    block_size: int = BLOCK_SIZE
    workers: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.policy not in POLICIES:
            raise UsageError(f"policy is {self.policy!r}; it must be one of {', '.join(POLICIES)}.")
        if self.dtype not in get_args(Dtype):
            raise UsageError(f"dtype is {self.dtype!r}; it must be one of {', '.join(get_args(Dtype))}.")
        if not isinstance(self.block_size, int) or self.block_size < 1:
            raise UsageError(f"block_size is {self.block_size!r}; it must be a whole number, at least 1 cell.")
        if self.workers is not None and (not isinstance(self.workers, int) or self.workers < 1):
            raise UsageError(f"threads is {self.workers!r}; it must be a whole number, at least 1.")
        if not isinstance(self.drop_below, Real) or not 0 <= self.drop_below < 1:
            raise UsageError(f"drop_below is {self.drop_below!r}; it must be a count from 0 to below 1.")
        check_coverage(self.min_coverage)
        if isinstance(self.genes, str) or self.genes == () or any(not isinstance(g, str) for g in self.genes or ()):
            raise UsageError("genes must be a list of gene names, at least one.")

    @property
    def threads(self) -> int:
        """Blocks worked on at once."""
        return self.workers or usual_workers()


def check_coverage(least: float | None) -> None:
    """Refuse what is no share.

    Raises
    ------
    UsageError
        When it is not from 0 to 1, or None.
    """
    if least is not None and not (isinstance(least, Real) and 0 <= least <= 1):
        raise UsageError(f"min_coverage is {least!r}; it must be a share from 0 to 1.")


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
