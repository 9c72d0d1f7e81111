"""``cellfill web``: the same in a browser, with local models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import Offline
from cellfill.console import out, say


def web(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model beside the page: a folder, a name or ORG/NAME; as often as there are models.",
            show_default="all that are here by name",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Of this machine; 0 for any that is free.")
    ] = 8765,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Write page and models there, for a server of your own."
        ),
    ] = None,
    offline: Offline = False,
) -> None:
    """Serve a page that does it in the browser, with local models: the cells never leave it.

    Prints its address; stop it with Ctrl-C.

    The page opens .h5ad, 10x and text files, names, places and imputes cells with the models beside it, and writes
    the results. It is served to this machine alone.
    """
    from cellfill.page import serve_page, write_page

    if output is not None:
        models = write_page(output, model or (), offline=offline)
        say(f"models        {', '.join(models) or 'none'}")
        out(output)
        return

    def ready(url: str, models: tuple[str, ...]) -> None:
        say(f"models        {', '.join(models) or 'none: name some with --model, or drop one on the page'}")
        say("Open this address in a browser; Ctrl-C stops it.")
        out(url)

    serve_page(model or (), port=port, offline=offline, ready=ready)
