"""``cellfill recommend``: which model suits a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import AsJson, GeneColumn, Layer, Offline, Threads
from cellfill.console import out, print_json, say

EXIT_CODES = {"recommended": 0, "none reached": 7, "not tested": 8, "none fits": 9}


def recommend(
    data: Annotated[Path, typer.Argument(metavar="IN", help="Cells x genes, in any format that impute reads.")],
    hub: Annotated[
        str | None,
        typer.Option(
            metavar="ORG|FOLDER",
            help="An organisation of the Hub, or a folder of bundles [default: models that are here, that have an "
            "alias, and those that the Hub files under cellfill].",
        ),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many models are fetched and measured.")] = 3,
    layer: Layer = None,
    gene_column: GeneColumn = None,
    threads: Threads = None,
    offline: Offline = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Rank all models that can be had by how well they predict hidden counts of a dataset.

    All are looked at by their genes, the best few fetched and measured on 1,000 cells at most. Exits with 0 where a
    model fits, with 9 where none does, with 8 where there are too few cells to tell, with 7 where no model could be
    had.
    """
    from cellfill.ranking.rank import recommend as rank

    say("looking for models, and trying the best on cells of which some molecules are hidden ...")
    found = rank(data, hub=hub, most=most, layer=layer, gene_column=gene_column, threads=threads, offline=offline)
    if as_json:
        print_json(found.to_dict())
    else:
        out(found)
    raise typer.Exit(EXIT_CODES[found.outcome])
