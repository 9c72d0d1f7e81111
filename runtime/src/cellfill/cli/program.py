"""The program ``cellfill``: its commands, in the groups in which --help shows them, each in a file of its own."""

from __future__ import annotations

from cellfill._version import __version__
from cellfill.console import Listed, new_app, run

_USE, _FIT, _MODELS, _MACHINE = "Use a model", "Does a model fit", "Models", "This machine"
COMMANDS = {
    "impute": Listed(
        _USE,
        "cellfill.cli.impute:impute",
        "Fill the dropouts of a dataset: writes IN and its imputed counts to OUT.",
    ),
    "annotate": Listed(
        _USE,
        "cellfill.cli.annotate:annotate",
        "Name the cells of a dataset, and say which the model does not know: writes IN and the types to OUT.",
    ),
    "embed": Listed(
        _USE,
        "cellfill.cli.embed:embed",
        "Place the cells of a dataset where a model has cells like them: writes IN and the embedding to OUT.",
    ),
    "web": Listed(
        _USE,
        "cellfill.cli.web:web",
        "Serve a page that does it in the browser, with local models: the cells never leave it.",
    ),
    "recommend": Listed(
        _FIT,
        "cellfill.cli.recommend:recommend",
        "Rank all models that can be had for a task (by default imputing) by what they know of a dataset's cells.",
    ),
    "check": Listed(
        _FIT,
        "cellfill.cli.check:check",
        "Say whether a model is fit for a dataset: try it on some of its cells, for each of its tasks.",
    ),
    "report": Listed(
        _FIT,
        "cellfill.cli.report:report",
        "Write one page on whether a model fits a dataset: what check says, with pictures.",
    ),
    "align": Listed(
        _FIT,
        "cellfill.cli.align:align",
        "Say what a dataset's genes are worth to a model, what is missing, and whether to go on.",
    ),
    "list": Listed(
        _MODELS,
        "cellfill.cli.find:list_models",
        "List models that are here, in the cache or in a folder, or have an alias.",
    ),
    "search": Listed(_MODELS, "cellfill.cli.find:search", "Search the Hub for models of cellfill."),
    "show": Listed(
        _MODELS,
        "cellfill.cli.find:show",
        "Show what a model is for, its training data, its figures beside the baselines, and what its card warns "
        "of.",
    ),
    "pull": Listed(_MODELS, "cellfill.cli.pull:pull", "Fetch a model of the Hub, every file checked."),
    "verify": Listed(
        _MODELS, "cellfill.cli.pull:verify", "Check a model that is here, its files and its golden values."
    ),
    "lock": Listed(_MODELS, "cellfill.cli.pull:lock", "Lock the models of an analysis."),
    "rm": Listed(_MODELS, "cellfill.cli.pull:remove", "Remove a model from the Hub's cache."),
    "doctor": Listed(
        _MACHINE,
        "cellfill.cli.doctor:doctor",
        "Say what is installed, where models run, and how to repair what does not work.",
    ),
}

app = new_app("cellfill", "Impute, name and place single cells with pre-trained models.", __version__, COMMANDS)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill`` program."""
    run(app)
