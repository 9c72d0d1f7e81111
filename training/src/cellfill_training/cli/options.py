"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.console.commands import option
from cellfill.options.declared import declared_in
from cellfill.options.shared import LayerOption

Layer = Annotated[str | None, option(*declared_in(LayerOption))]
Out = Annotated[
    Path,
    typer.Option(
        metavar="FOLDER", help="Bundle to write; its name is the model's.", rich_help_panel="What most need"
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the bundle if it exists.", rich_help_panel="What most need")
]
OnDisk = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Keep the counts to train on in this folder, for data beyond the memory.",
        rich_help_panel="Your data",
    ),
]
SPECIES = (
    "Homo sapiens, say: stands on the card, and the model refuses data of another; with unknown it refuses none "
    "[default: as the genes' names tell]."
)
WORDS = "What a person says of the model: its recipe, or its tables [about], [card] and [[study]] alone."
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Say every epoch with its losses, and every figure.",
        rich_help_panel="What most need",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print what was done as JSON, on stdout.", rich_help_panel="What most need"),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.", rich_help_panel="What most need"),
]
