"""What stands before or after every name of a dataset, and belongs to none of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LEAST_NAMES = 20
_MOST_LENGTH = 30
_LOOKED_AT = 2000
_BEFORE = re.compile(r"\w{1,30}?[-._:|]+")
_AFTER = re.compile(r"[-._:|]+\w{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Affix:
    """A text that stands before or after names.

    Attributes
    ----------
    before, after
        What stands there; empty for nothing.
    """

    before: str = ""
    after: str = ""

    def off(self, name: str) -> str:
        """Return a name without it."""
        return name.removeprefix(self.before).removesuffix(self.after)


def shared_affix(names: Sequence[str]) -> Affix:
    """Return what stands before and after *every* name, up to a dash, dot, colon, bar or underscore.

    ``CD3D-1`` and ``CD4-1`` share ``-1``, ``hs:CD3D`` and ``hs:CD4`` share ``hs:``. Empty names do not count;
    fewer than 20 names share nothing.
    """
    some = [name for name in names if name]
    if len(some) < _LEAST_NAMES:
        return Affix()
    before = _common(some)[:_MOST_LENGTH]
    before = before[: max((before.rfind(mark) + 1 for mark in "-._:|"), default=0)]
    turned = [name[::-1] for name in some]
    after = _common(turned)[:_MOST_LENGTH][::-1]
    start = min((at for mark in "-._:|" if (at := after.find(mark)) >= 0), default=len(after))
    return Affix(before=before, after=after[start:])


def _common(texts: Sequence[str]) -> str:
    """Return how all texts begin: as the first and the last do, in order."""
    first, last = min(texts), max(texts)
    length = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: min(length, len(last))]


def without_affix(names: Sequence[str], is_gene: Callable[[str], bool]) -> Sequence[str]:
    """Return names without what all of them share, if twice as many are genes then; else as they are."""
    affix = shared_affix(names)
    if affix == Affix():
        return names
    plain = [affix.off(name) for name in names]
    step = 1 + len(names) // _LOOKED_AT
    now, then = (sum(map(is_gene, some[::step])) for some in (names, plain))
    return plain if then > 2 * now else names


def usual_affix(names: Sequence[str], is_gene: Callable[[str], bool]) -> Affix:
    """Return what stands before or after most names, where they are genes without it; for a message."""
    some = names[:: 1 + len(names) // _LOOKED_AT]
    found = [Affix(before=match[0]) for name in some if (match := _BEFORE.match(name))]
    found += [Affix(after=match[0]) for name in some if (match := re.search(_AFTER.pattern + "$", name))]
    for affix, number in Counter(found).most_common(2):
        if 2 * number > len(some) and sum(is_gene(affix.off(name)) for name in some) > len(some) / 20:
            return affix
    return Affix()
