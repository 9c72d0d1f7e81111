"""``cellfill recommend``: which model suits a dataset."""

from __future__ import annotations

import typer

from cellfill.cli.options import AsJson, Data, Quiet, Verbose
from cellfill.console import out, print_json, progress, say
from cellfill.console.commands import command
from cellfill.ranking.options import RecommendOptions

EXIT_CODES = {"recommended": 0, "none reached": 7, "not tested": 8, "none fits": 9}


@command(RecommendOptions)
def recommend(
    data: Data,
    options: RecommendOptions,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find the model for a dataset, of all that can be had.

    Ranks all for a task (--task), by default imputing: by their genes, then the best few by trying them.
    Imputing, by how well they predict hidden counts of 1,000 cells at most; for other tasks as check does.
    Exits with 0 where a model fits, with 9 where none does, with 8 where it cannot be told (too few cells, or
    models that cannot tell cells unlike their own), with 7 where no model could be had.
    """
    from cellfill.ranking.rank import recommend as rank

    hidden = " of which some molecules are hidden" if options.task in (None, "impute") else ""
    if not quiet:
        say(f"looking for models, and trying the best on cells{hidden} ...")
    with progress("recommending", quiet=quiet):
        found = rank(data, **options.keywords(RecommendOptions))
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        out(found.describe(data=data, verbose=verbose))
    raise typer.Exit(EXIT_CODES[found.outcome])
