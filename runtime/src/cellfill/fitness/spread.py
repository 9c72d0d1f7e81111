"""How far counts lie from what a model predicts, measured on the very cells that it is to fill.

A count is Gamma-Poisson about its mean, with the dispersion that training found for its gene (SAVER, Huang et al.
2018). A new dataset scatters more or less. Its molecules are split in halves: the model is fitted to the first and
predicts it, and the second, to which nothing was fitted, is a count of the same distribution. One factor on all
dispersions is fitted to it by likelihood, and then the probabilities between which counts are to lie are moved to
where counts of so high a mean do lie (calibrated regression, Kuleshov et al. 2018, section 3, by the randomised
probability of a count: counts are whole numbers). benchmarks/estimates/intervals.py measures what it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.calibration.quantiles import count_quantile, distribution, log_probability
from cellfill.fitness.fitted import fit
from cellfill.fitness.hiding import fold_molecules
from cellfill.fitness.space import make_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.corrections import Part
    from cellfill.network.cells import GeneMap, ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

_CELLS = 1024
_FACTORS = np.geomspace(1 / 32, 32, 61)
# Means at which counts are looked at. Of less a count says nearly nothing of the dispersion.
_MEANS = np.array([0.1, 0.3, 1, 3, 10, 30])
_REACH = 0.6  # in logs, of a mean's neighbourhood
_ENTRIES = 20_000  # of each
_PRIOR = 200.0  # entries that the probabilities as they were count for
_LEAST_MEAN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What these cells say of the scatter about a mean.

    Attributes
    ----------
    inverse_dispersion
        phi of each of the graph's columns, or of some of them, with the factor, float32.
    probabilities
        What is asked for: the share of counts that lie at or below.
    moved
        What it takes for that, of each of `_MEANS`: (means, probabilities).
    factor
        On every phi.
    """

    inverse_dispersion: Float32
    probabilities: tuple[float, ...]
    moved: Float64
    factor: float

    def bounds(self, mean: Float32) -> tuple[Float32, ...]:
        """Return for each probability the least count that is reached with it: cells x genes, whole numbers."""
        logs = np.log(np.maximum(mean, np.float32(_LEAST_MEAN)))
        numbers = range(len(self.probabilities))
        return tuple(count_quantile(mean, self.inverse_dispersion, self.at(logs, number)) for number in numbers)

    def take(self, outputs: NDArray[np.intp]) -> Spread:
        """Return that of some columns of the graph's output."""
        return replace(self, inverse_dispersion=self.inverse_dispersion[outputs])

    def at(self, logs: NDArray[Any], number: int) -> Float32:
        """Return what it takes for one of the probabilities, by number, where a mean's logarithm is so large."""
        at: Float32 = np.interp(logs, np.log(_MEANS), self.moved[:, number]).astype(np.float32)
        return at


@dataclass(frozen=True, slots=True)
class _Entries:
    """Counts, their means and the dispersions of their genes."""

    counts: Float64
    mean: Float64
    inverse_dispersion: Float64

    def take(self, some: NDArray[np.intp]) -> _Entries:
        return _Entries(self.counts[some], self.mean[some], self.inverse_dispersion[some])


def measure_spread(
    network: Network,
    gene_map: GeneMap,
    cells: ModelCells,
    *,
    outputs: NDArray[np.intp],
    inverse_dispersion: Float32,
    calibrated: bool,
    part: Part | None,
    probabilities: Sequence[float],
    workers: int = 1,
) -> Spread:
    """Measure it on some of the cells.

    Parameters
    ----------
    network, gene_map, cells
        The open graph, whole, and cells of the dataset in its genes.
    outputs
        The genes that could be filled, as columns of the graph's output, ascending: what a dataset's columns are
        called, in which order, and which of them are asked for changes nothing.
    inverse_dispersion
        phi of each of the graph's columns, as training found it.
    calibrated, part
        Whether the model is calibrated, and how far.
    probabilities
        What is asked for, each above 0 and below 1.
    workers
        Threads to use; of no effect on values.
    """
    rng = np.random.default_rng(0)
    space = make_space(network, gene_map, cells, outputs=outputs, most=_CELLS, workers=workers)
    kept, hidden = next(fold_molecules(space.counts, folds=1, seed=0, share=0.5))
    found = space.observed(hidden)
    parts: list[list[_Entries]] = [[] for _ in _MEANS]
    for means in fit(space, kept, calibrated=calibrated, meaning="expected", part=part).means():
        mean, counts = means.calibrated, found[means.rows].toarray()
        logs = np.log(np.maximum(mean, np.float32(_LEAST_MEAN)))
        for entries, centre in zip(parts, np.log(_MEANS), strict=True):
            row, gene = np.nonzero(np.abs(logs - centre) < _REACH)
            values = counts[row, gene], mean[row, gene], inverse_dispersion[outputs[gene]]
            entries.append(_Entries(*(array.astype(np.float64) for array in values)))
    near = [_drawn(_joined(entries), rng) for entries in parts]
    factor = _factor(_joined(near))
    moved = np.array([_moved(entries, factor, np.array(probabilities), rng) for entries in near])
    return Spread(
        inverse_dispersion=(inverse_dispersion * np.float32(factor)).astype(np.float32),
        probabilities=tuple(probabilities),
        moved=moved,
        factor=factor,
    )


def _joined(parts: Sequence[_Entries]) -> _Entries:
    columns = (
        zip(*((p.counts, p.mean, p.inverse_dispersion) for p in parts), strict=True) if parts else ((), (), ())
    )
    return _Entries(*(np.concatenate(column) if column else np.zeros(0) for column in columns))


def _drawn(entries: _Entries, rng: np.random.Generator) -> _Entries:
    if len(entries.counts) <= _ENTRIES:
        return entries
    return entries.take(np.sort(rng.choice(len(entries.counts), _ENTRIES, replace=False)))


def _factor(entries: _Entries) -> float:
    """Return the likeliest factor on phi; 1 where there are no counts, as a prior of a few entries has it."""
    if not len(entries.counts):
        return 1.0
    scores = [
        log_probability(entries.counts, entries.mean, entries.inverse_dispersion * factor).sum()
        - 0.5 * np.log(factor) ** 2
        for factor in _FACTORS
    ]
    return float(_FACTORS[int(np.argmax(scores))])


def _moved(entries: _Entries, factor: float, probabilities: Float64, rng: np.random.Generator) -> Float64:
    """Return the probabilities that so many of the counts lie below, drawn to what was asked for."""
    many = len(entries.counts)
    if not many:
        return probabilities
    phi = entries.inverse_dispersion * factor
    below = distribution(entries.counts - 1, entries.mean, phi)
    within = below + rng.random(many) * (distribution(entries.counts, entries.mean, phi) - below)
    share = many / (many + _PRIOR)
    moved: Float64 = share * np.quantile(within, probabilities) + (1 - share) * probabilities
    return moved
