"""Options that several commands have, said once."""

from __future__ import annotations

from typing import Annotated

import typer

from cellfill.console import say

# Headings of options in --help.
MOST_NEED, YOUR_DATA, MODEL, RESULT, MACHINE = "What most need", "Your data", "Model", "Result", "Machine"

Layer = Annotated[
    str | None,
    typer.Option(
        help="Layer with the raw counts; raw for raw.X [default: found by itself].", rich_help_panel=YOUR_DATA
    ),
]
GeneColumn = Annotated[
    str | None,
    typer.Option(help="Column of var with ids or symbols [default: found by itself].", rich_help_panel=YOUR_DATA),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Blocks at once [default: the cores, at most 8].", rich_help_panel=MACHINE)
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask the Hub nothing.", rich_help_panel=MODEL)]
MODEL_HELP = (
    "A bundle's folder; a name (human-pbmc), looked for in the folders of CELLFILL_MODELS, in model_cards here and "
    "on the Hub; or ORG/NAME of the Hub, with @REVISION or without."
)
Model = Annotated[
    str, typer.Option(metavar="MODEL", help=f"{MODEL_HELP} See cellfill list.", rich_help_panel=MOST_NEED)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.", rich_help_panel=RESULT)]


def say_folder(model: str | None) -> None:
    """Tell a person which folder it is that they named by a model's name."""
    from cellfill.hub.reference import tell_folder

    if told := tell_folder(model):
        say(told)
