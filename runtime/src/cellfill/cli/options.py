"""What commands have beside the options of the calls that they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.console import say

Data = Annotated[Path, typer.Argument(metavar="IN", help="Cells x genes, in any format that impute reads.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.", rich_help_panel="Result")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask the Hub nothing.", rich_help_panel="Model")]


def say_folder(model: object) -> None:
    """Tell a person which folder it is that they named by a model's name."""
    from cellfill.hub.reference import tell_folder

    if told := tell_folder(model if isinstance(model, str) else None):
        say(told)
