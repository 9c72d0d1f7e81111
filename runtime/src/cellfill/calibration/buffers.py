"""Memory for what is needed block after block, which is not asked of the system, and cleared by it, every time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Buffers(threading.local):
    """Arrays by name, each thread its own; what they hold is left from the block before.

    A fresh array of megabytes costs more than most of what is done with it: the system hands it out page by page.
    """

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.float32]] = {}

    def take(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Return rows x columns, float32, C-contiguous, of whatever content."""
        size, kept = rows * columns, self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, dtype=np.float32)
        return kept[:size].reshape(rows, columns)
