"""Options that several commands have, and how those of a training say what they are by default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Bundle to write; its name is the model's.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the bundle if it exists.")]
OnDisk = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Keep the counts to train on in this folder, for data beyond the memory."),
]
SPECIES = (
    "Homo sapiens, say: stands on the card, and the model refuses data of another; with unknown it refuses none "
    "[default: as the genes' names tell]."
)
WORDS = "What a person says of the model: its recipe, or its tables [about], [card] and [[study]] alone."
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def of_preset(help_text: str, **bounds: Any) -> Any:
    """Return an option that by default is the preset's."""
    return typer.Option(help=help_text + " [default: the preset's]", show_default=False, **bounds)
