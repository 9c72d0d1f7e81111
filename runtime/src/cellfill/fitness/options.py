"""Options of a check."""

from dataclasses import dataclass

from cellfill.options.shared import (
    CalibrateOption,
    GeneColumnOption,
    LayerOption,
    MinCoverageOption,
    SeedOption,
    ThreadsOption,
)


@dataclass(frozen=True, kw_only=True)
class CheckOptions(MinCoverageOption, GeneColumnOption, LayerOption, CalibrateOption, ThreadsOption, SeedOption):
    """How a model is checked on a dataset."""
