"""What a person is told of an epoch, in one line: the gain over the trivial baseline first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellfill_training.fitting.epoch import Course, Epoch

# Said once, before the first line that has nats.
NATS = (
    "gain: by how much likelier the model holds a cell's counts than the gene's mean does, in nats (natural "
    "logarithm of how many times); 0 is nothing learnt"
)


class EpochLines:
    """Makes a line of each epoch that a person should hear of.

    Parameters
    ----------
    verbose
        Say every epoch, and the losses; else, of networks whose epochs are settled before, the last one alone.
    """

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._first: dict[str, float] = {}

    def line(self, epoch: Epoch) -> str:
        """Return the line of an epoch that has just ended; empty where there is none."""
        first = self._first.setdefault(epoch.stage, epoch.held_out_loss)
        settled = epoch.held_out_loss != epoch.held_out_loss
        if settled and not self._verbose and not (epoch.last and epoch.course.measure == "accuracy"):
            return ""
        said = _how(epoch.course) or _fallen(epoch, first)
        if settled and epoch.last:
            began = f"{epoch.stage or 'all cells'}: "
            parts = [said, f"{epoch.number} passes", f"{epoch.seconds:.0f} s"]
        else:
            began = (f"{epoch.stage}, " if epoch.stage else "") + f"epoch {epoch.number}: "
            learning = f"{epoch.running} of {epoch.networks} sub-networks still learn" if epoch.networks > 1 else ""
            after = "of this part" if epoch.stage else "then export and judging"
            parts = [said, learning, f"{_left(epoch)} s left{' ' if epoch.stage else ', '}{after}"]
        if self._verbose:
            losses = {"loss": epoch.loss, "held out": epoch.held_out_loss}
            parts.insert(1, ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items() if loss == loss))
        return began + "; ".join(filter(None, parts))


def _how(course: Course) -> str:
    if course.measure == "gain":
        better, own = ("better" if gain >= 0 else "worse" for gain in (course.held_out_gain, course.training_gain))
        return (
            f"{abs(course.held_out_gain):.2f} nats a cell {better} than the gene's mean on held-out cells, "
            f"{abs(course.training_gain):.2f} {own} on those that train"
        )
    if course.measure == "accuracy":
        if course.held_out_accuracy != course.held_out_accuracy:
            return f"{course.training_accuracy:.1%} of cells that train named right"
        trivial = f"commonest type: {course.commonest:.1%}"
        return (
            f"{course.held_out_accuracy:.1%} of held-out cells named right ({trivial}), "
            f"{course.training_accuracy:.1%} of those that train"
        )
    return ""


def _fallen(epoch: Epoch, first: float) -> str:
    """Return by how much a loss fell that nothing trivial stands beside."""
    if epoch.held_out_loss != epoch.held_out_loss:
        return f"loss {epoch.loss:.4f}"
    if epoch.number == 1 or first <= 0:
        return f"held-out loss {epoch.held_out_loss:.4f}"
    fallen = 1 - epoch.held_out_loss / first
    return f"held-out loss {abs(fallen):.1%} {'below' if fallen >= 0 else 'above'} that of epoch 1"


def _left(epoch: Epoch) -> str:
    least, most = round(epoch.least_left), round(epoch.most_left)
    return f"{least}" if least == most else f"{least} to {most}"
