"""Options of a check."""

from dataclasses import dataclass

from cellfill.options.shared import (
    CalibrateOption,
    DeviceOption,
    GeneColumnOption,
    LayerOption,
    LockedModelOption,
    LockOption,
    MinCoverageOption,
    OfflineOption,
    OrientationOption,
    SeedOption,
    TaskOption,
    ThreadsOption,
)


@dataclass(frozen=True, kw_only=True)
class CheckOptions(
    TaskOption,
    OrientationOption,
    MinCoverageOption,
    GeneColumnOption,
    LayerOption,
    CalibrateOption,
    ThreadsOption,
    SeedOption,
):
    """How a model is checked on a dataset."""


@dataclass(frozen=True, kw_only=True)
class CheckWithOptions(CheckOptions, LockedModelOption, DeviceOption, OfflineOption, LockOption):
    """How a model is checked on a dataset, and which."""
