"""``cellfill cite``: what a paper should say of a result."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cellfill.cli.options import AsJson, named_data
from cellfill.console import out, print_json, say


def cite(
    result: Annotated[
        Any,
        typer.Argument(
            metavar="RESULT",
            parser=named_data,
            help="What cellfill wrote: .h5ad, .zarr, a 10x folder, a table with its .cellfill.json beside it.",
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="The model, where it is not found by its name.", rich_help_panel="Model"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a paper should say of a result.

    A paragraph for the methods, read from the record that the result holds, and what to cite, from the card of the
    model. Asks the Hub nothing.
    """
    from cellfill.calls.citing import cite as read

    found = read(result, model=model)
    if as_json:
        import dataclasses

        print_json([dataclasses.asdict(citation) for citation in found])
        return
    for citation in found:
        out(f"{citation.methods}\n")
    references = dict.fromkeys(line for citation in found for line in citation.references)
    if references:
        out("\n".join(["References", "", *(f"- {line}" for line in references)]))
    for citation in found:
        if not citation.references:
            say(
                f"The model {citation.model} that made it is not here, so nothing is said of its studies: name its "
                f"folder with --model, or see How to cite on its card (cellfill show {citation.model})."
            )
    say("Say, too, what the results were used for; tests belong on the observed counts.")
