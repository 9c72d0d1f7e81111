"""Blocks of cells: how large, and which."""

from __future__ import annotations

from collections.abc import Callable

# Called with the number of cells done and of all cells.
OnBlock = Callable[[int, int], None]

# 64 to 1,024 cells a block run at one speed on a CPU; smaller blocks are slower, larger ones leave the cache.
BLOCK_SIZE = 256


def blocks_of(cells: int, size: int) -> list[slice]:
    """Return the blocks of so many cells."""
    return [slice(start, min(start + size, cells)) for start in range(0, cells, size)]
