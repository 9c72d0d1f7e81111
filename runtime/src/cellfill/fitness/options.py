"""Options of a check."""

from dataclasses import dataclass

from cellfill.options.option import Option, Shell
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


def require_option(doing: str) -> Option:
    """Return the option that asks for a model that fits; its help begins with what is done: Impute, Name, Place."""
    return Option(
        f"{doing} nothing unless the model fits these cells, or fits them at least with limits.",
        "What most need",
        more="Nor where there are too few cells to tell. By default a `FitWarning` says what was found.",
        shell=Shell(
            more="Exits with 9 where it does not fit, with 8 where limits or too few cells stand in the way. For "
            "pipelines."
        ),
        alters=False,
    )
