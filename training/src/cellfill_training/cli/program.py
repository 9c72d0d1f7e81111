"""The command line of cellfill-training: every command is one call of the library."""

from __future__ import annotations

from cellfill.console import Listed, new_app, nothing_below_home, run
from cellfill_training._version import __version__
from cellfill_training.memory import one_heap

_TRAIN, _SAID = "Train", "What is said of a model"
COMMANDS = {
    "fit": Listed(
        _TRAIN,
        "cellfill_training.cli.fit:fit",
        "Train a model on one or more studies and write its bundle, with its recipe and history beside it.",
    ),
    "recipe": Listed(
        _TRAIN,
        "cellfill_training.cli.recipe:recipe",
        "Train a model by a recipe: its studies, their sources, its options, all in one file.",
    ),
    "card": Listed(
        _SAID,
        "cellfill_training.cli.card:card",
        "Write a bundle's card again, after its words or the template changed.",
    ),
    "evaluate": Listed(
        _SAID,
        "cellfill_training.cli.evaluate:evaluate",
        "Judge models and presets beside no imputation, the gene's mean, and the non-zero mean.",
    ),
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
