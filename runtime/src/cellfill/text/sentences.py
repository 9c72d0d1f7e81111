"""How what was found is laid out for a person: the verdict first, then a few lines of a label and a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What is said of the counts where a person need not be told.
AS_USUAL = "X holds counts"
_LABEL = 14
_STUDIES = 5  # are named
# A sentence ends before the capital or the number of the next one: 0.88 has no space behind its point.
_END = re.compile(r"(?<=\.)\s+(?=[A-Z\d])")


def continued(sentence: str) -> str:
    """Return a sentence as it stands after a colon: it begins small and has no full stop."""
    small = sentence[1:2].islower() or sentence[1:2].isspace()
    return f"{sentence[:1].lower() if small else sentence[:1]}{sentence[1:]}".removesuffix(".")


def headline(verdict: str, text: str) -> tuple[str, list[str]]:
    """Return the line that comes first: a verdict and the first sentence of a text; and the sentences left."""
    first, *others = _END.split(text)
    return f"{verdict}: {continued(first)}", others


def row(label: str, text: object) -> str:
    """Return a line of a label and what belongs to it."""
    return f"{label:<{_LABEL}}{text}"


def size_of(size: int) -> str:
    """Return a number of bytes in words: kB below a tenth of a MB."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def some(names: Sequence[str], most: int, *, between: str = ", ") -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def trained_on(studies: Sequence[str]) -> list[str]:
    """Say which studies trained a model: it was tried on cells that may be theirs; nothing of none."""
    if not studies:
        return []
    named = some(studies, _STUDIES)
    return [row("trained on", f"{named}: if yours are among these cells, they look better than new ones would")]


def rows(label: str, texts: Iterable[object]) -> list[str]:
    """Return a line each; the label stands before the first."""
    return [row(label if number == 0 else "", text) for number, text in enumerate(texts)]
