"""Options of a recommendation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cellfill.options.checks import Whole
from cellfill.options.option import Option, Shell
from cellfill.options.shared import (
    DeviceOption,
    GeneColumnOption,
    LayerOption,
    OfflineOption,
    OrientationOption,
    SeedOption,
    TaskOption,
    ThreadsOption,
)


@dataclass(frozen=True, kw_only=True)
class RecommendOptions(
    TaskOption,
    OrientationOption,
    GeneColumnOption,
    LayerOption,
    ThreadsOption,
    DeviceOption,
    OfflineOption,
    SeedOption,
):
    """Among which models one is looked for, and how."""

    hub: Annotated[
        str | Path | None,
        Option(
            "An organisation of the Hub, or a folder of bundles.",
            "What most need",
            more="By default the models in the cache, those with an alias, and those that the Hub files under "
            "``cellfill``; where it does not answer, those that are here.",
            shell=Shell(
                type=str,
                metavar="ORG|FOLDER",
                more="[default: models that are here, that have an alias, and those that the Hub files under "
                "cellfill]",
            ),
        ),
    ] = None
    most: Annotated[int, Option("How many models are fetched and measured.", "What most need", check=Whole())] = 3
