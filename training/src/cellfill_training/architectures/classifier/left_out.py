"""What a network of the other studies says of each study: by it certainty is measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.augmentation import thin
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.genes import scaling_of
from cellfill_training.architectures.classifier.network import Network
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.architectures.classifier.predicting import predict
from cellfill_training.architectures.classifier.profiles import profile_scores, type_profiles
from cellfill_training.architectures.classifier.training import train_network
from cellfill_training.architectures.classifier.watching import Watch
from cellfill_training.parts.temperature import fit_temperature

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEED = 200
SHALLOW = 0.3  # of the molecules


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Known cells, whole and thinned, as networks of the other studies see them.

    Attributes
    ----------
    logits
        Cells x types, up to a constant a cell.
    leaf, study
        (cells,) given type and study.
    profile, energy
        (cells,) scores for the check of unknown cells.
    """

    logits: NDArray[np.float64]
    leaf: NDArray[np.intp]
    study: NDArray[np.intp]
    profile: NDArray[np.float64]
    energy: NDArray[np.float64]


def leave_out(
    cells: Cells,
    options: ClassifierOptions,
    on_network: Callable[[str, Network], None] | None = None,
    *,
    watch: Watch | None = None,
) -> LeftOut:
    """Train a network without each labelled study in turn, and let it see the study's cells.

    Each is handed over with the temperature that the cells of the other studies have, as networks without these see
    them: it judges a study that its own temperature is not of.

    Cells are seen whole and thinned to `SHALLOW`, since a model is used on both; those whose label is not trusted
    too, since on a new study no one knows which these are.
    """
    _check_shared(cells)
    parts: list[tuple[NDArray[Any], ...]] = []
    networks: dict[int, Network] = {}
    for study, network, others in _networks(cells, options, watch):
        networks[study] = network
        known = np.flatnonzero((cells.study == study) & np.isin(cells.given, others.leaf[others.leaf >= 0]))
        if not len(known):
            continue
        profiles, measured = type_profiles(others), cells.measured[study]
        rng = np.random.default_rng([options.seed, 6, study])
        whole = cells.counts[known]
        for counts in (whole, thin(whole, SHALLOW, rng)):
            found = predict(network, counts, measured)
            leaf = found.probabilities.argmax(axis=1)
            parts.append(
                (
                    np.log(np.maximum(found.probabilities.astype(np.float64), 1e-30)),
                    cells.given[known],
                    np.full(len(known), study),
                    profile_scores(counts, measured, profiles, leaf),
                    found.energy.astype(np.float64),
                )
            )
    every = [np.concatenate(part) for part in zip(*parts, strict=True)]
    if on_network is not None:
        for study, network in networks.items():
            rest = every[2] != study
            fitted = fit_temperature(every[0][rest], every[1][rest], every[2][rest]) if rest.any() else 1.0
            on_network(cells.names[study], replace(network, temperature=fitted))
    return LeftOut(logits=every[0], leaf=every[1], study=every[2], profile=every[3], energy=every[4])


def _check_shared(cells: Cells) -> None:
    """Refuse studies of which no two have a type in common: none can judge what the others taught."""
    known = cells.leaf >= 0
    pairs = np.unique(np.stack([cells.leaf[known], cells.study[known]]), axis=1)
    elsewhere = [np.unique(cells.leaf[known & (cells.study != study)]) for study in cells.labelled_studies]
    if np.bincount(pairs[0]).max(initial=0) < 2 or max(map(len, elsewhere), default=0) < 2:
        raise DataError(
            "No two studies, or parts of one, have a type in common, so that nothing says how well new cells are "
            "named. Is it the column of types? Where studies call one type by several names, say so in a table "
            "(--label-table); where each --by value is one type, split by donor or sample."
        )


def _networks(
    cells: Cells, options: ClassifierOptions, watch: Watch | None
) -> Iterator[tuple[int, Network, Cells]]:
    """Yield each labelled study, a network that was trained without it, and what that was trained on."""
    for study in cells.labelled_studies:
        others = without_study(cells, study)
        if len(np.unique(others.leaf[others.leaf >= 0])) < 2:
            continue  # it would be right of every cell that it could know
        own = None
        if watch is not None:
            left = cells.take(cells.study == study)
            own = replace(watch, stage=f"without {cells.names[study]}", others=left)
        scaling = scaling_of(others, bound=options.bound)
        yield study, train_network(others, scaling, options, seed=_SEED + study, watch=own), others


def without_study(cells: Cells, study: int) -> Cells:
    """Return the cells of the other studies; a gene that only it measured is unknown in all."""
    return without_studies(cells, {study})


def without_studies(cells: Cells, studies: Collection[int]) -> Cells:
    """Return the cells of all studies but some."""
    numbers = np.array([number for number in range(len(cells.names)) if number not in studies], dtype=np.intp)
    kept = cells.take(np.isin(cells.study, numbers))
    return replace(
        kept,
        study=np.searchsorted(numbers, kept.study),
        measured=cells.measured[numbers],
        names=tuple(cells.names[number] for number in numbers),
    )
