"""The program ``cellfill``: its commands, in the groups in which --help shows them, each in a file of its own."""

from __future__ import annotations

from cellfill._version import __version__
from cellfill.console import Listed, new_app, run

_USE, _FIT, _MODELS, _MACHINE = "Use a model", "Does a model fit", "Models", "This machine"
COMMANDS = {
    "impute": Listed(_USE, "cellfill.cli.impute:impute", "Fill the dropouts of a dataset."),
    "annotate": Listed(_USE, "cellfill.cli.annotate:annotate", "Name the cells of a dataset."),
    "embed": Listed(_USE, "cellfill.cli.embed:embed", "Place the cells of a dataset among known ones."),
    "cite": Listed(_USE, "cellfill.cli.cite:cite", "Say what a paper should say of a result."),
    "web": Listed(_USE, "cellfill.cli.web:web", "Do all this in your browser: the cells never leave it."),
    "check": Listed(_FIT, "cellfill.cli.check:check", "Say whether a model fits a dataset."),
    "recommend": Listed(
        _FIT, "cellfill.cli.recommend:recommend", "Find the model for a dataset, of all that can be had."
    ),
    "report": Listed(_FIT, "cellfill.cli.report:report", "Write a page with pictures on whether a model fits."),
    "align": Listed(_FIT, "cellfill.cli.align:align", "Say whether a dataset has the genes that a model reads."),
    "list": Listed(_MODELS, "cellfill.cli.find:list_models", "List the models that are here or have an alias."),
    "search": Listed(_MODELS, "cellfill.cli.find:search", "Search the Hub for models."),
    "show": Listed(_MODELS, "cellfill.cli.find:show", "Show what a model is for, and how good it is."),
    "pull": Listed(_MODELS, "cellfill.cli.pull:pull", "Fetch a model of the Hub, every file checked."),
    "verify": Listed(_MODELS, "cellfill.cli.pull:verify", "Check the files of a model that is here."),
    "lock": Listed(_MODELS, "cellfill.cli.pull:lock", "Lock the models of an analysis."),
    "rm": Listed(_MODELS, "cellfill.cli.pull:remove", "Remove a model from the Hub's cache."),
    "publish": Listed(_MODELS, "cellfill.cli.publish:publish", "Publish a model on the Hub."),
    "doctor": Listed(
        _MACHINE, "cellfill.cli.doctor:doctor", "Say what is installed, and how to repair what fails."
    ),
}

# What the program of the package cellfill-training does.
_TRAINING = {"train": "cellfill-train"} | {
    name: f"cellfill-train {name}" for name in ("fit", "recipe", "template", "card", "evaluate")
}

app = new_app(
    "cellfill",
    "Impute, name and place single cells with pre-trained models.",
    __version__,
    COMMANDS,
    elsewhere=_TRAINING,
)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill`` program."""
    run(app)
