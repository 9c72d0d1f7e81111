"""Options that several commands have, said once."""

from __future__ import annotations

from typing import Annotated

import typer

Layer = Annotated[
    str | None, typer.Option(help="Layer with the raw counts; raw for raw.X [default: found by itself].")
]
GeneColumn = Annotated[
    str | None, typer.Option(help="Column of var with ids or symbols [default: found by itself].")
]
Threads = Annotated[int | None, typer.Option(min=1, help="Blocks at once [default: the cores, at most 8].")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask the Hub nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
