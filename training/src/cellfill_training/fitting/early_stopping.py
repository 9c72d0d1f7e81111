"""When each network of a training stops, and which of its epochs is kept: by cells that do not train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from cellfill.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Stopping(Protocol):
    """The options of any training that say when it stops."""

    @property
    def seed(self) -> int:
        """Draws the cells that stop it."""

    @property
    def held_out_fraction(self) -> float:
        """Share of cells that stop it."""

    @property
    def patience(self) -> int:
        """Epochs without progress before it stops."""

    @property
    def keep(self) -> Literal["best", "last"]:
        """Which epoch's weights are kept."""


def split_cells(
    cells: int, options: Stopping, *, labelled: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw which cells train and which stop the training (paper: 95 % and 5 %).

    Parameters
    ----------
    cells
        How many there are.
    options
        The seed and the share.
    labelled
        (cells,) whether a label is known, of a training that learns labels. Where some are and others are not, as
        large a share of both stops the training, and one labelled cell at least: without any its loss would be 0.

    Returns
    -------
    Numbers of the cells that train and that stop the training, each ascending.

    Raises
    ------
    DataError
        When there are fewer than 4 cells.
    """
    if cells < 4:
        raise DataError(f"{cells} cells are too few to train on and to hold some out.")
    order = np.random.default_rng([options.seed, 3]).permutation(cells)
    if labelled is None or labelled.all() or not labelled.any():
        held = order[: max(1, round(options.held_out_fraction * cells))]
    else:
        known, others = order[labelled[order]], order[~labelled[order]]
        least = max(1, round(options.held_out_fraction * len(known)))
        held = np.concatenate([known[:least], others[: round(options.held_out_fraction * len(others))]])
    return np.setdiff1d(order, held), np.sort(held)


class EarlyStopping:
    """Follows the held-out loss of networks that are trained together, each stopping on its own.

    Parameters
    ----------
    loss
        Of each network before the first epoch; infinite where any epoch is better than none.
    options
        Of the training run: how long to wait, and whether the best or the last epoch is kept.
    """

    def __init__(self, loss: NDArray[np.float64], options: Stopping) -> None:
        self.options = options
        self.best_loss = loss
        self.best_epoch = np.zeros(len(loss), dtype=np.intp)
        self.waited = np.zeros(len(loss), dtype=np.intp)

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which networks still learn."""
        return self.waited < self.options.patience

    @property
    def least_left(self) -> int:
        """Epochs until the last network stops, if nothing gets better from here on."""
        return max(0, self.options.patience - int(self.waited.min()))

    def take(self, loss: NDArray[np.float64], number: int) -> NDArray[np.bool_]:
        """Take in the held-out loss of an epoch; return which networks are to keep their weights as of it."""
        running = self.running
        better = running & (loss < self.best_loss)
        self.waited = np.where(better, 0, self.waited + 1)
        self.best_loss[better] = loss[better]
        kept = better if self.options.keep == "best" else running
        self.best_epoch[kept] = number
        return kept
