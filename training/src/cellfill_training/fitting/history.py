"""How a training went, epoch by epoch: a table and a curve beside the bundle, and nothing that the Hub gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import OutputError

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Epoch

# The columns of the table, and what stands in them.
_COLUMNS: Mapping[str, Callable[[Epoch], str]] = {
    "stage": lambda epoch: epoch.stage.replace("\t", " "),
    "epoch": lambda epoch: str(epoch.number),
    "training_loss": lambda epoch: _number(epoch.loss),
    "held_out_loss": lambda epoch: _number(epoch.held_out_loss),
    "training_gain": lambda epoch: _number(epoch.course.training_gain),
    "held_out_gain": lambda epoch: _number(epoch.course.held_out_gain),
    "training_accuracy": lambda epoch: _number(epoch.course.training_accuracy),
    "held_out_accuracy": lambda epoch: _number(epoch.course.held_out_accuracy),
    "commonest_type": lambda epoch: _number(epoch.course.commonest),
    "still_learning": lambda epoch: str(epoch.running),
    "seconds": lambda epoch: f"{epoch.seconds:.2f}",
}


def history_place(out: Path) -> Path:
    """Return where the history of a bundle stands: beside its folder."""
    return out.parent / f"{out.name}.history.tsv"


def curve_place(out: Path) -> Path:
    """Return where the learning curve of a bundle stands: beside its folder."""
    return out.parent / f"{out.name}.history.svg"


def write_history(place: Path, epochs: Sequence[Epoch]) -> None:
    """Write a row an epoch, see `Epoch`; what does not apply is empty.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    rows = ["\t".join(value(epoch) for value in _COLUMNS.values()) for epoch in epochs]
    _write(place, "\n".join(["\t".join(_COLUMNS), *rows, ""]).encode())


def write_curve(place: Path, epochs: Sequence[Epoch], *, name: str) -> None:
    """Write the learning curve as SVG; see `draw_curve`.

    Raises
    ------
    MissingDependencyError, OutputError
        When matplotlib is not there, finds no place for its settings, or the file cannot be written.
    """
    from cellfill_training.fitting.curve import draw_curve

    _write(place, draw_curve(epochs, name=name))


def _write(place: Path, content: bytes) -> None:
    try:
        scratch = place.with_name(f".{place.name}.tmp")
        scratch.write_bytes(content)
        scratch.replace(place)
    except OSError as error:
        raise OutputError(f"The history could not be written to {place}: {error}.") from error


def _number(value: float) -> str:
    return "" if value != value else f"{value:.6f}"
