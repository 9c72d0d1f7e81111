"""How a training went, epoch by epoch: a table beside the bundle, and nothing that the Hub gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import OutputError

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Epoch

_COLUMNS = ("epoch", "training_loss", "held_out_loss", "held_out_gain", "still_learning", "seconds")


def history_place(out: Path) -> Path:
    """Return where the history of a bundle stands: beside its folder."""
    return out.parent / f"{out.name}.history.tsv"


def write_history(place: Path, epochs: Sequence[Epoch]) -> None:
    """Write a row an epoch, see `Epoch`; `held_out_gain` is empty where there is no baseline.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    lines = ["\t".join(_COLUMNS)]
    for epoch in epochs:
        gain = "" if epoch.gain != epoch.gain else f"{epoch.gain:.6f}"
        losses = (f"{epoch.loss:.6f}", f"{epoch.held_out_loss:.6f}", gain)
        lines.append("\t".join([str(epoch.number), *losses, str(epoch.running), f"{epoch.seconds:.2f}"]))
    try:
        scratch = place.with_name(f".{place.name}.tmp")
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")
        scratch.replace(place)
    except OSError as error:
        raise OutputError(f"The history could not be written to {place}: {error}.") from error
