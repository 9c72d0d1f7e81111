"""One labelled study in parts, each of which is left out in turn where there is no second study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.labels import Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A part of fewer labelled cells says little.
_MOST, _CELLS = 5, 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Which cell of a study is of which part.

    Attributes
    ----------
    study
        Number of the study, among those that are trained on.
    part
        (cells,) of that study.
    names
        Of the parts.
    """

    study: int
    part: NDArray[np.intp]
    names: tuple[str, ...]


def parts_of(studies: Sequence[Labelled], *, seed: int) -> Parts | None:
    """Divide the only study that has labels into two to five parts, its types evenly; None where there are more."""
    labelled = [number for number, one in enumerate(studies) if one.trusted.any()]
    if len(labelled) != 1:
        return None
    one = studies[labelled[0]]
    number = int(np.clip(one.trusted.sum() // _CELLS, 2, _MOST))
    leaves = np.where(one.trusted, one.leaves, -1)
    order = np.random.default_rng([seed, 12]).permutation(len(leaves))
    order = order[np.argsort(leaves[order], kind="stable")]
    part = np.empty(len(leaves), dtype=np.intp)
    part[order] = np.arange(len(leaves)) % number
    return Parts(
        study=labelled[0],
        part=part,
        names=tuple(f"{one.study.name}, part {n + 1} of {number}" for n in range(number)),
    )


def in_parts(studies: Sequence[Labelled], parts: Parts | None) -> list[Labelled]:
    """Return the studies, that which is divided as a study a part."""
    if parts is None:
        return list(studies)
    one, found = studies[parts.study], list(studies)
    rows = [np.flatnonzero(parts.part == number) for number in range(len(parts.names))]
    found[parts.study : parts.study + 1] = [
        Labelled(study=replace(one.study.take(own), name=name), leaves=one.leaves[own], trusted=one.trusted[own])
        for own, name in zip(rows, parts.names, strict=True)
    ]
    return found
