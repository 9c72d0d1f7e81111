"""What the manifest says of one task only; a model without the task has no such section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from cellfill.errors import BundleError
from cellfill.estimates import Estimate

_KEY = re.compile(r"X_[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubNetwork:
    """One sub-network: its size, and how its training ended."""

    targets: int
    predictors: int
    best_epoch: int
    held_out_loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """What a model that imputes says of it.

    Attributes
    ----------
    estimates
        That it can give, the default first.
    subnetworks
        By their number; empty for a network that is not of sub-networks.
    """

    estimates: tuple[Estimate, ...]
    subnetworks: tuple[SubNetwork, ...]

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not self.estimates or len(set(self.estimates)) != len(self.estimates):
            raise BundleError(f"manifest.json: estimates must be distinct and at least one: {self.estimates}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownScore:
    """A score of how known a cell is, and what known cells have.

    Attributes
    ----------
    score
        ``profile``: mean log probability of the cell's molecules under the profile of its predicted type, plus that
        profile's entropy; renormalised over the genes that the data measured. ``energy``: the output
        ``class_energy``.
    quantiles
        Of cells of known types of studies that trained nothing, at the `Unknown.levels`: one row for all types, or
        one a leaf class, in their order.
    """

    score: Literal["profile", "energy"]
    quantiles: tuple[tuple[float, ...], ...]

    def row(self, leaf: int) -> tuple[float, ...]:
        """Return the quantiles that a cell of a predicted leaf class is compared with."""
        return self.quantiles[leaf if len(self.quantiles) > 1 else 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """How cells of a type that the model does not know are told.

    A score becomes a rank from 0 to 1 by its quantiles: linear between them, 0 below the first, 1 above the last.

    Attributes
    ----------
    threshold
        A cell of which the product of the ranks is below it is of no known type.
    levels
        The ranks that the quantiles are of, ascending.
    scores
        Each once.
    """

    threshold: float
    levels: tuple[float, ...]
    scores: tuple[UnknownScore, ...]

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not 0 <= self.threshold <= 1:
            raise BundleError(
                f"manifest.json: the threshold of unknown cells is {self.threshold}, not from 0 to 1."
            )
        if len(self.levels) < 2 or not _ascend(self.levels, strictly=True) or not _within(self.levels):
            raise BundleError(
                "manifest.json: the levels of quantiles must ascend, from 0 to 1, and be at least two."
            )
        kinds = [score.score for score in self.scores]
        if not kinds or len(set(kinds)) != len(kinds):
            raise BundleError(
                f"manifest.json: scores of unknown cells must be distinct and at least one: {kinds[:9]}."
            )
        for score in self.scores:
            for row in score.quantiles:
                if len(row) != len(self.levels) or not _ascend(row, strictly=False):
                    raise BundleError(
                        f"manifest.json: the quantiles of the score {score.score} must ascend, one a level."
                    )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The scores that it has."""
        return tuple(score.score for score in self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What a model that names cell types says of it.

    Attributes
    ----------
    confidence
        The least probability of an answer, by default.
    unknown
        How unknown cells are told; None for a model that calls every cell one of its types.
    """

    confidence: float
    unknown: Unknown | None

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not 0 <= self.confidence <= 1:
            raise BundleError(
                f"manifest.json: the least confidence is {self.confidence}; it is a share, from 0 to 1."
            )

    def check_leaves(self, leaves: int) -> None:
        """Refuse tables of quantiles that are neither for all classes nor for each of so many leaves.

        Raises
        ------
        BundleError
            With the table.
        """
        for score in self.unknown.scores if self.unknown else ():
            if len(score.quantiles) not in (1, leaves):
                raise BundleError(
                    f"manifest.json has {len(score.quantiles)} rows of quantiles of the score {score.score}, and "
                    f"classes.tsv {leaves} leaf classes: it needs one row, or one a leaf."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """What a model that embeds says of it: the key of ``obsm`` that coordinates have by default."""

    key: str

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not _KEY.fullmatch(self.key):
            raise BundleError(
                f"manifest.json: {self.key[:60]!r} is no key of an embedding; X_ and letters or digits."
            )


def _ascend(values: Sequence[float], *, strictly: bool) -> bool:
    return all(a < b or (a == b and not strictly) for a, b in pairwise(values))


def _within(values: Sequence[float]) -> bool:
    return min(values) >= 0 and max(values) <= 1
