"""Tell a person how a training goes, and what is left to be done to its model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.console import say

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill_training.fitting.epoch import Epoch

# Of a model, by the first of its tasks: what is done with it, and a name for what comes of that.
_USE = {
    "impute": ("impute", "filled"),
    "annotate": ("name cells", "typed"),
    "embed": ("place cells", "placed"),
}


_SIMPLER = "On such cells that is the better choice; more cells or studies may change it."


def tell_training(
    train: Callable[[Callable[[Epoch], None], Callable[[str], None]], Bundle], out: Path, *, quiet: bool
) -> Bundle:
    """Train, and tell a person how it goes: on stderr, a line an epoch."""
    import time

    from cellfill_training.cards.card import headline
    from cellfill_training.cards.facts import learnt_nothing
    from cellfill_training.cards.types import worse_beside
    from cellfill_training.fitting.history import history_place, write_history

    started = time.perf_counter()
    history: list[Epoch] = []

    def tell(text: str) -> None:
        if not quiet:
            say(text)

    def on_epoch(epoch: Epoch) -> None:
        history.append(epoch)
        better = "" if epoch.gain != epoch.gain else f" ({epoch.gain:.4f} nats a cell better than the genes' means)"
        tell(
            f"epoch {epoch.number}: loss {epoch.loss:.4f}, held out {epoch.held_out_loss:.4f}{better}, "
            + (f"{epoch.running} of {epoch.networks} sub-networks still learn, " if epoch.networks > 1 else "")
            + f"{epoch.least_left:.0f} to {epoch.most_left:.0f} s left"
        )

    bundle = train(on_epoch, tell)
    if history:
        write_history(history_place(out), history)
    for evaluation in bundle.manifest.evaluations:
        tell(headline(evaluation))
    for sentence in [] if bundle.manifest.imputation else worse_beside(bundle.manifest):
        say(f"warning: {sentence} {_SIMPLER}")
    if bundle.manifest.imputation and (learnt := learnt_nothing(bundle.manifest)):
        say(f"warning: {learnt}")
    task = bundle.manifest.tasks[0]
    does, output = _USE[task]
    tell(f"wrote {out} in {time.perf_counter() - started:.0f} s; {does} with it:")
    tell(f"    cellfill {task} cells.h5ad --model {out} --output {output}.h5ad")
    return bundle


def say_what_is_missing(bundle: Bundle, folder: Path, words: Path) -> None:
    """Tell a person how a model comes to the Hub: by what is still to be said of it."""
    from cellfill.hub.publish import missing_of

    missing = missing_of(bundle)
    if not missing:
        say(f"fit to be published: python hub_upload.py {folder} --repo ORG/NAME --tag v1.0.0")
        return
    say(f"to publish, fill in {words}:")
    for line in missing:
        say(f"    {line}")
    say(f"and then, nothing is trained: cellfill-train card {folder} --words {words}")
