"""``cellfill align``: how well a dataset's genes go with a model, before anything is imputed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellfill.cli.options import YOUR_DATA, AsJson, GeneColumn, Model, Offline, say_folder
from cellfill.console import out, print_json, say


def align(
    data: Annotated[Path, typer.Argument(metavar="IN", help="Cells x genes; only the genes' names matter.")],
    model: Model,
    gene_column: GeneColumn = None,
    min_coverage: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least coverage [default: the model's own].", rich_help_panel=YOUR_DATA),
    ] = None,
    offline: Offline = False,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what a dataset's genes are worth to a model, what is missing, and whether to go on.

    It looks at the genes alone: `impute` looks at the counts, and `check` at the cells. Exits with 3 where there
    are too few genes for `impute`, else with 0.
    """
    from cellfill.bundle.naming import name_model
    from cellfill.genes.coverage import describe
    from cellfill.loading import load

    say_folder(model)
    loaded = load(model, offline=offline)
    say(f"model {name_model(loaded.manifest, loaded.origin)}")
    coverage = loaded.align(data, gene_column=gene_column, min_coverage=min_coverage)
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(coverage))
    else:
        out(describe(coverage))
    if coverage.verdict == "refused":
        raise typer.Exit(3)
