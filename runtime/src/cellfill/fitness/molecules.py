"""Molecular cross-validation (Batson 2019) on the user's own cells: molecules predict others, zeros included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cellfill.fitness.fitted import Fitted, Means, fit, fit_alone, gene_means
from cellfill.fitness.hiding import fold_molecules
from cellfill.fitness.verdict import HALF_TAUGHT
from cellfill.network.threads import beside
from cellfill.progress import each

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.calibration.corrections import Reach
    from cellfill.fitness.space import Space

    Float64 = NDArray[np.float64]

SHARE = 0.1
# A gain is at least as uncertain as this, in nats a root of a molecule.
_LEAST_NOISE = 0.1
_LEAST_MEAN = np.float32(1e-7)

Reading = Literal["plain", "level", "calibrated"]
READINGS: tuple[Reading, ...] = get_args(Reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeGains:
    """How much better a model predicts hidden molecules than gene mean x library does.

    Attributes
    ----------
    folds
        How often a tenth of the molecules was hidden.
    molecules
        Of each judged gene, those that were hidden.
    gains
        Of each reading that was judged, the gain of each gene in nats, float64: the difference of the Poisson log
        likelihoods of the hidden molecules. ``plain``, ``level`` and ``calibrated``: see `Means`.
    noise
        The variance of each gain: from the differences between the cells, and at least that of Poisson counts about
        what was predicted. Where by chance no molecule of a rare gene was hidden, its cells hardly differ.
    alone, level_there
        Gain, in nats a molecule, of what these cells teach without the model (see `fit_alone`), and of the reading
        ``level``, both of one fold.
    cells, entries
        How many cells; cells x genes x folds.
    baseline_loss, none_loss
        Poisson loss an entry, mu - y log mu, of gene mean x library, and of the remaining molecules themselves,
        zeros raised to the best of a few floors.
    """

    folds: int
    molecules: Float64
    gains: dict[Reading, Float64]
    noise: dict[Reading, Float64]
    alone: float
    level_there: float
    cells: int
    entries: int
    baseline_loss: float
    none_loss: float

    def per_molecule(self, reading: Reading) -> float:
        """Return the gain of all genes together, in nats a hidden molecule."""
        return float(self.gains[reading].sum() / max(self.molecules.sum(), 1.0))

    def loss_of(self, reading: Reading) -> float:
        """Return the Poisson loss an entry."""
        return self.baseline_loss - float(self.gains[reading].sum()) / self.entries

    @property
    def knowledge(self) -> float:
        """What the model knows of how these cells differ, as a share of what many like them would teach themselves.

        NaN where they teach nothing.
        """
        taught = self.cells / (self.cells + HALF_TAUGHT)
        return self.level_there * taught / self.alone if self.alone > 0 else float("nan")

    @property
    def alone_loss(self) -> float:
        """The Poisson loss an entry of what these cells teach without the model."""
        return self.baseline_loss - self.alone * float(self.molecules.sum()) / self.entries

    def by_gene(self, reading: Reading) -> tuple[Float64, Float64]:
        """Return the gain of each gene in nats a molecule, and its variance."""
        number = np.maximum(self.molecules, 0.5)
        return self.gains[reading] / number, np.maximum(self.noise[reading], _LEAST_NOISE**2 * number) / number**2


def measure_molecules(
    space: Space,
    *,
    folds: int,
    calibrated: bool,
    part: Reach | None = None,
    readings: Sequence[Reading] = READINGS,
    most_alone: int | None = None,
    seed: int = 0,
) -> MoleculeGains:
    """Hide a tenth of the molecules, predict them from the rest, and again with others; see `measure_parts`.

    Parameters
    ----------
    space
        The model and the cells.
    folds
        How often.
    calibrated
        Whether the model is calibrated, as it will be when it imputes.
    part
        How far the calibration goes; found in every fold by default.
    readings
        Which are judged.
    most_alone
        What the cells teach without the model is measured on so many genes, which stand for all; on all by
        default.
    seed
        Of the draw.
    """
    parts = fold_molecules(space.counts, folds=folds, seed=seed, share=SHARE)
    return measure_parts(
        space,
        each(parts, "hidden molecules", total=folds, worth=folds),
        calibrated=calibrated,
        part=part,
        readings=readings,
        most_alone=most_alone,
    )


def measure_parts(
    space: Space,
    parts: Iterable[tuple[csr_matrix, csr_matrix]],
    *,
    calibrated: bool,
    part: Reach | None = None,
    readings: Sequence[Reading] = READINGS,
    most_alone: int | None = None,
) -> MoleculeGains:
    """Predict hidden molecules from the rest.

    Parameters
    ----------
    space
        The model and the cells.
    parts
        Of each fold what is left, and the tenth of the molecules that is hidden; cells x model genes, canonical.
    calibrated, part, readings, most_alone
        See `measure_molecules`.
    """
    cells, genes = space.counts.shape[0], len(space.outputs)
    gains, squares, poisson = ({reading: np.zeros(genes) for reading in readings} for _ in range(3))
    molecules = np.zeros(genes)
    alone = level_there = baseline = none = 0.0
    folds = 0
    for fold, (kept, hidden) in enumerate(parts):
        folds += 1
        left, rest = space.observed(kept), space.observed(hidden)
        molecules += np.asarray(rest.sum(axis=0, dtype=np.float64)).ravel()
        none += _none_loss(left, rest)
        fitted = fit(space, kept, calibrated=calibrated, meaning="expected", part=part)
        constant = gene_means(fitted.cells, left).astype(np.float32)
        mean_alone = _Baseline(fitted, rest, constant)
        baseline += mean_alone.loss()
        judge = partial(mean_alone.gain, readings=readings)
        with beside(space.workers) as soon:
            taught = None
            if fold == 0:  # of many genes together, one fold tells enough
                taught = soon(partial(_alone_gain, space, fitted, left, rest, constant, most=most_alone))
            for found in fitted.each(judge):
                for reading, (gain, square, variance) in zip(readings, found, strict=True):
                    gains[reading] += gain
                    squares[reading] += square
                    poisson[reading] += variance
            if taught is not None:
                there = max(float(molecules.sum()), 1.0)
                alone = taught() / there
                level_there = float(gains["level"].sum()) / there
    entries = max(folds * cells * genes, 1)
    return MoleculeGains(
        folds=folds,
        molecules=molecules,
        gains=gains,
        noise={
            reading: np.maximum(squares[reading] - gains[reading] ** 2 / (folds * cells), poisson[reading])
            for reading in readings
        },
        alone=alone,
        level_there=level_there,
        cells=cells,
        entries=entries,
        baseline_loss=baseline / entries,
        none_loss=none / entries,
    )


def _standing_for_all(space: Space, left: csr_matrix, *, most: int | None) -> tuple[NDArray[np.intp], Float64]:
    """Choose judged genes to measure a sum over all of them by, and say for how many each stands.

    Half are those with the most counts, which make up most of such a sum; the others lie at even distances among
    the rest in the order of their counts. That of the dataset's columns changes nothing.
    """
    counts, standing = np.asarray(left.sum(axis=0, dtype=np.float64)).ravel(), np.ones(len(space.outputs))
    if most is not None and len(standing) > most:
        others = np.lexsort((space.outputs, -counts))[most // 2 :]
        step = -(-len(others) // (most - most // 2))
        chosen = others[step // 2 :: step]
        standing[others] = 0
        standing[chosen] = len(others) / len(chosen)
    some = np.flatnonzero(standing)
    return some, standing[some]


def _alone_gain(
    space: Space,
    fitted: Fitted,
    left: csr_matrix,
    rest: csr_matrix,
    constant: NDArray[np.float32],
    *,
    most: int | None,
) -> float:
    """Return the gain of what the cells teach without the model, summed over all judged genes."""
    genes, standing = _standing_for_all(space, left, most=most)
    taught = fit_alone(space, genes, fitted)
    judge = partial(_Baseline(taught, rest[:, genes], constant[genes]).gain, readings=("calibrated",))
    return sum(float(found[0][0] @ standing) for found in taught.each(judge, genes))


class _Baseline:
    """What gene mean x library says of hidden molecules; a block of cells is judged beside it."""

    def __init__(self, fitted: Fitted, rest: csr_matrix, constant: NDArray[np.float32]) -> None:
        self._hidden = rest
        self._depth = fitted.cells.size_factors
        self._means = constant

    def gain(self, means: Means, *, readings: Sequence[Reading]) -> list[tuple[Float64, Float64, Float64]]:
        """Return of each gene its gain in log likelihood, the squares of the cells' gains, and Poisson's variance.

        Each summed over the block's cells, for each of some readings.
        """
        rows = means.rows
        hidden, constant = self._hidden[rows].toarray(), self._depth[rows, None] * self._means * _PER_KEPT
        log, ones = np.log(np.maximum(constant, _LEAST_MEAN)), np.ones(len(hidden), dtype=np.float32)
        found = []
        for reading in readings:
            mean = np.maximum(getattr(means, reading) * _PER_KEPT, _LEAST_MEAN)
            ratio = np.log(mean)
            ratio -= log
            gain = hidden * ratio
            gain += constant
            gain -= mean
            np.maximum(mean, constant, out=mean)
            mean *= ratio
            sums = (ones @ gain, np.einsum("ij,ij->j", gain, gain), np.einsum("ij,ij->j", mean, ratio))
            found.append((sums[0].astype(np.float64), sums[1].astype(np.float64), sums[2].astype(np.float64)))
        return found

    def loss(self) -> float:
        """Return the summed Poisson loss."""
        hidden = self._hidden.tocoo()
        means = (self._depth[hidden.row] * self._means[hidden.col] * _PER_KEPT).astype(np.float64)
        whole = self._depth.sum(dtype=np.float64) * self._means.sum(dtype=np.float64) * float(_PER_KEPT)
        return float(whole - hidden.data @ np.log(np.maximum(means, _LEAST_MEAN)))


_PER_KEPT = np.float32(SHARE / (1 - SHARE))
_FLOORS: Sequence[float] = (0.003, 0.01, 0.03, 0.1, 0.3)


def _none_loss(kept: csr_matrix, hidden: csr_matrix) -> float:
    """Return the summed Poisson loss of no imputation: what is left, zeros raised to the floor that suits best."""
    both = kept.multiply(hidden > 0).tocsr()  # in the order of the next line's entries: both are sorted
    seen_again = hidden.multiply(kept > 0).tocsr()
    logs = np.log(both.data.astype(np.float64) * _PER_KEPT)
    unseen = float(hidden.data.sum(dtype=np.float64) - seen_again.data.sum(dtype=np.float64))
    zeros = kept.shape[0] * kept.shape[1] - kept.nnz
    fixed = float(kept.data.sum(dtype=np.float64) * _PER_KEPT - logs @ seen_again.data)
    floors = np.array(_FLOORS) * _PER_KEPT
    return fixed + float((zeros * floors - unseen * np.log(floors)).min())
