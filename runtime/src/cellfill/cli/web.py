"""``cellfill web``: the same in a browser, with local models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import AsJson, Offline
from cellfill.console import out, print_json, progress, say


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
    as_json: AsJson = False,
) -> None:
    """Do all this in your browser: the cells never leave it.

    Serves a page with local models. Prints its address; stop it with Ctrl-C.

    The page opens .h5ad, 10x and text files, names, places and imputes cells with the models beside it, and writes
    the results. It is served to this machine alone.
    """
    from cellfill.page import serve_page, write_page

    if output is not None:
        with progress("the page", quiet=False):
            models = write_page(output, model or (), offline=offline)
        say(f"models        {', '.join(models) or 'none'}")
        if as_json:
            print_json({"folder": str(output), "models": models})
        else:
            out(output)
        return

    def ready(url: str, models: tuple[str, ...]) -> None:
        say(f"models        {', '.join(models) or 'none: name some with --model, or drop one on the page'}")
        say("Open this address in a browser; Ctrl-C stops it.")
        if as_json:
            print_json({"url": url, "models": models}, in_one_line=True)
        else:
            out(url)

    with progress("the page", quiet=False):
        serve_page(model or (), port=port, offline=offline, ready=ready)
