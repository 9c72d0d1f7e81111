"""``cellfill align``: how well a dataset's genes go with a model, before anything is imputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cellfill.cli.options import AsJson, Quiet, Verbose, named_data, say_folder
from cellfill.console import out, print_json, say
from cellfill.console.commands import command
from cellfill.genes.options import AlignOptions
from cellfill.options.shared import ModelOption, OfflineOption, OpenOptions


@dataclass(frozen=True, kw_only=True)
class Options(AlignOptions, ModelOption, OfflineOption):
    """Those of the command."""


@command(Options)
def align(
    data: Annotated[
        Any,
        typer.Argument(metavar="IN", parser=named_data, help="Cells x genes; only the genes' names matter."),
    ],
    options: Options,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say whether a dataset has the genes that a model reads.

    Says what is missing, too. It looks at the genes alone: `impute` looks at the counts, and `check` at the cells.
    Exits with 3 where there are too few genes for `impute`, else with 0.
    """
    from cellfill.bundle.naming import name_model
    from cellfill.genes.coverage import describe
    from cellfill.loading import loaded

    if not quiet:
        say_folder(options.model)
    model = loaded(options.model, OpenOptions(offline=options.offline))
    if verbose:
        say(f"model {name_model(model.manifest, model.origin)}")
    coverage = model.align(data, **options.keywords(AlignOptions))
    if as_json:
        import dataclasses

        print_json(dataclasses.asdict(coverage))
    elif not quiet:
        out(describe(coverage, verbose=verbose))
    if coverage.verdict == "refused":
        raise typer.Exit(3)
