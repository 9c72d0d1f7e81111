"""Names that a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST, _LIKE = 3, 0.6
_SHOWN = 40


def nearest_names(name: str, known: Iterable[str], *, most: int = _MOST) -> list[str]:
    """Return the known names that are most like a name, whatever their case; the best first.

    Parameters
    ----------
    name
        That there is not.
    known
        Names that there are.
    most
        How many are returned at most.
    """
    levelled: dict[str, str] = {}
    wanted = name.upper()[:_SHOWN]
    for other in known:
        levelled.setdefault(other.upper(), other)
    # A family's name stands for its members: CD3 for CD3D, CD3E and CD3G.
    family = [other for other in levelled if other.startswith(wanted)]
    found = sorted(family, key=lambda other: (other[len(wanted) :][:1].isdigit(), len(other), other))[:most]
    # Comparing all names takes seconds: what a person mistypes mostly begins right.
    begun = [other for other in levelled if other[:2] == wanted[:2]]
    found = found or difflib.get_close_matches(wanted, begun, n=most, cutoff=_LIKE)
    found = found or difflib.get_close_matches(wanted, levelled, n=most, cutoff=_LIKE)
    return [levelled[other][:_SHOWN] for other in found]
