"""What the blocks of a run gave beside a layer, put together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cellfill.results.named import Block


@dataclass(slots=True)
class Gathered:
    """What the blocks of a run gave beside a layer.

    Attributes
    ----------
    tally
        Sums of their numbers.
    obs, obsm
        Their values, block after block.
    """

    tally: Counter[str] = field(default_factory=Counter)
    obs: dict[str, list[Any]] = field(default_factory=dict)
    obsm: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Take what a block gave."""
        self.tally.update(block.tally)
        for held, given in ((self.obs, block.obs), (self.obsm, block.obsm)):
            for name, values in given.items():
                held.setdefault(name, []).append(values)

    def columns(self) -> dict[str, Any]:
        """Return the columns of obs; text as a list."""
        whole = {name: np.concatenate(parts) for name, parts in self.obs.items()}
        return {name: values.tolist() if values.dtype.kind in "UOT" else values for name, values in whole.items()}

    def matrices(self) -> dict[str, Any]:
        """Return the matrices of obsm."""
        return {name: np.concatenate(parts) for name, parts in self.obsm.items()}
