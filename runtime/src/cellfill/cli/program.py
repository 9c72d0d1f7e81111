"""The program ``cellfill``: its commands, in the groups in which --help shows them."""

from __future__ import annotations

from cellfill._version import __version__
from cellfill.cli.align import align
from cellfill.cli.annotate import annotate
from cellfill.cli.check import check
from cellfill.cli.doctor import doctor
from cellfill.cli.embed import embed
from cellfill.cli.find import list_models, search, show
from cellfill.cli.impute import impute
from cellfill.cli.pull import lock, pull, remove, verify
from cellfill.cli.recommend import recommend
from cellfill.cli.report import report
from cellfill.console import add_commands, new_app, run

app = new_app("cellfill", "Impute single-cell RNA-seq counts with pre-trained models.", __version__)
add_commands(app, "Use a model", impute=impute, annotate=annotate, embed=embed)
add_commands(app, "Does a model fit", recommend=recommend, check=check, report=report, align=align)
add_commands(
    app,
    "Models",
    list=list_models,
    search=search,
    show=show,
    pull=pull,
    verify=verify,
    lock=lock,
    rm=remove,
)
add_commands(app, "This machine", doctor=doctor)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill`` program."""
    run(app)
