"""The command line of cellfill-training: every command is one call of the library."""

from __future__ import annotations

from cellfill.console import add_commands, new_app, nothing_below_home, run
from cellfill_training._version import __version__
from cellfill_training.cli.card import card
from cellfill_training.cli.evaluate import evaluate
from cellfill_training.cli.fit import fit
from cellfill_training.cli.recipe import recipe
from cellfill_training.memory import one_heap

app = new_app(
    "cellfill-train",
    "Train single-cell imputation models and export them as cellfill bundles.",
    __version__,
)
add_commands(app, "Train", fit=fit, recipe=recipe)
add_commands(app, "What is said of a model", card=card, evaluate=evaluate)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill-train`` program."""
    one_heap()
    run(app, within=nothing_below_home())
