"""Figures as text: one way to round them, whatever says them."""

from __future__ import annotations

import math

_EXACT = 1e-9  # of binary fractions: 0.29 * 100 is a little less than 29


def percent(share: float) -> str:
    """Return a share as whole percent, rounded down: what is just short of a limit must not read as if there."""
    return f"{math.floor(share * 100 + _EXACT)}%"


def two_places(value: float) -> str:
    """Return a correlation to two places, rounded down likewise."""
    return f"{math.floor(value * 100 + _EXACT) / 100:.2f}"


def only_cells(number: int, singular: str, plural: str) -> str:
    """Return how few cells there are as the beginning of a sentence, with its verb."""
    if number == 0:
        return f"No cell {singular}"
    return f"Only {number} {f'cell {singular}' if number == 1 else f'cells {plural}'}"
