"""Blocks of cells."""

from __future__ import annotations


def blocks_of(cells: int, size: int) -> list[slice]:
    """Return the blocks of so many cells."""
    return [slice(start, min(start + size, cells)) for start in range(0, cells, size)]
