"""The command line of cellfill-training: every command is one call of the library."""

from __future__ import annotations

from cellfill.console import Listed, new_app, nothing_below_home, run
from cellfill_training._version import __version__
from cellfill_training.memory import one_heap

_TRAIN, _SAID = "Train", "What is said of a model"
COMMANDS = {
    "fit": Listed(_TRAIN, "cellfill_training.cli.fit:fit", "Train a model on one or more studies."),
    "recipe": Listed(
        _TRAIN, "cellfill_training.cli.recipe:recipe", "Train a model by a recipe: all of it in one file."
    ),
    "template": Listed(
        _TRAIN, "cellfill_training.cli.template:template", "Print a recipe to fill in: every key, with what it is."
    ),
    "card": Listed(
        _SAID, "cellfill_training.cli.card:card", "Write a model's card again, after its words changed."
    ),
    "evaluate": Listed(_SAID, "cellfill_training.cli.evaluate:evaluate", "Judge models beside simple methods."),
}

app = new_app(
    "cellfill-train",
    "Train models that impute, name or place single cells, and export them as cellfill bundles.",
    __version__,
    COMMANDS,
)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill-train`` program."""
    one_heap()
    run(app, within=nothing_below_home())
