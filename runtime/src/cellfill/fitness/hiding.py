"""Hide non-zero counts as dropout would, to see how well they are found again."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

PROTOCOL = "ten non-zero counts a gene hidden, drawn by the dropout curve (Arisdakessian 2019, Methods)"
ENTRIES_PER_GENE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A matrix with some entries hidden.

    Attributes
    ----------
    counts
        Cells x genes, CSR; the hidden entries are 0.
    rows, columns, truth
        Where the hidden entries are, and what they were.
    """

    counts: csr_matrix
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    truth: NDArray[np.float32]


def dropout_curve(counts: csr_matrix) -> tuple[float, float]:
    """Fit the share of zeros of a gene as a logistic function of the log of its mean positive count.

    Returns
    -------
    Midpoint and (negative) steepness of 1 / (1 + exp(-steepness (x - midpoint))), on a log scale as in
    Splatter (Zappia 2017); Arisdakessian 2019, "Accuracy comparison on real datasets".
    """
    from scipy.optimize import curve_fit

    columns = counts.tocsc()
    detected = np.diff(columns.indptr)
    totals = np.asarray(columns.sum(axis=0, dtype=np.float64)).ravel()
    some = detected > 0
    level = np.log(totals[some] / detected[some])
    zeros = 1 - detected[some] / counts.shape[0]
    start = (float(np.median(level)), -1.0)
    try:
        with warnings.catch_warnings():  # of its covariance, which nobody reads
            warnings.simplefilter("ignore")
            (midpoint, steepness), _ = curve_fit(_logistic, level, zeros, p0=start, maxfev=10_000)
    except RuntimeError:  # no convergence: every gene has nearly one level
        midpoint, steepness = start
    return float(midpoint), float(min(steepness, -1e-3))


def hide_entries(
    counts: csr_matrix, genes: NDArray[np.intp], *, seed: int, entries: int = ENTRIES_PER_GENE
) -> Masked:
    """Hide non-zero counts of some genes, drawn with the probability that dropout gives their level.

    Parameters
    ----------
    counts
        Raw counts, cells x genes.
    genes
        The genes of which entries are hidden: ten a gene, and at most half of its non-zero counts.
    seed
        Of the draw.
    entries
        Hidden entries a gene.
    """
    return next(hide_again(counts, genes, seeds=(seed,), entries=entries))


def hide_again(
    counts: csr_matrix, genes: NDArray[np.intp], *, seeds: Iterable[int], entries: int = ENTRIES_PER_GENE
) -> Iterator[Masked]:
    """Yield what `hide_entries` gives, for one seed after the other."""
    midpoint, steepness = dropout_curve(counts)
    columns = counts.tocsc(copy=True)
    columns.sort_indices()
    starts, stops = columns.indptr[genes].tolist(), columns.indptr[genes + 1].tolist()
    chance = np.maximum(_logistic(np.log(columns.data.astype(np.float64)), midpoint, steepness), 1e-9)
    for start, stop in zip(starts, stops, strict=True):
        chance[start:stop] /= chance[start:stop].sum()
    column = _column_of(columns)
    for seed in seeds:
        rng = np.random.default_rng([seed, 5])
        where = np.array(
            [
                start + place
                for start, stop in zip(starts, stops, strict=True)
                for place in _draw(rng, chance[start:stop], min(entries, (stop - start) // 2))
            ],
            dtype=np.intp,
        )
        left = columns.copy()
        left.data[where] = 0
        left.eliminate_zeros()
        yield Masked(
            counts=left.tocsr(),
            rows=columns.indices[where].astype(np.intp),
            columns=column[where],
            truth=columns.data[where],
        )


def _draw(rng: np.random.Generator, chance: NDArray[np.float64], number: int) -> list[int]:
    """Return different places as numpy's `Generator.choice` draws them, whose checks take longer for a few."""
    found: dict[int, None] = {}
    while len(found) < number:
        if found:
            chance = chance.copy()
            chance[list(found)] = 0
        upto = chance.cumsum()
        upto /= upto[-1]
        found |= dict.fromkeys(upto.searchsorted(rng.random(number - len(found)), side="right").tolist())
    return list(found)


def split_molecules(counts: csr_matrix, *, seed: int, share: float = 0.9) -> tuple[csr_matrix, csr_matrix]:
    """Split the molecules of each entry at random, for molecular cross-validation (Batson 2019).

    Returns
    -------
    The share to predict from, and the rest; they sum to ``counts`` where these are whole.
    """
    rng = np.random.default_rng([seed, 6])
    kept, rest = counts.copy(), counts.copy()
    kept.data = rng.binomial(_molecules(counts.data, seed=seed), share).astype(np.float32)
    rest.data = np.maximum(counts.data - kept.data, 0)
    kept.eliminate_zeros()
    rest.eliminate_zeros()
    return kept, rest


def fold_molecules(
    counts: csr_matrix, *, folds: int, seed: int, share: float = 0.1
) -> Iterator[tuple[csr_matrix, csr_matrix]]:
    """Hide a share of the molecules several times, no molecule twice.

    Yields
    ------
    What is left, and what is hidden, of each fold; they sum to ``counts`` where these are whole.
    """
    rng = np.random.default_rng([seed, 7])
    left = _molecules(counts.data, seed=seed)
    for fold in range(folds):
        taken = rng.binomial(left, share / (1 - share * fold))
        left -= taken
        kept, hidden = counts.copy(), counts.copy()
        hidden.data = taken.astype(np.float32)
        kept.data = np.maximum(counts.data - hidden.data, 0)
        kept.eliminate_zeros()
        hidden.eliminate_zeros()
        yield kept, hidden


def _molecules(counts: NDArray[np.float32], *, seed: int) -> NDArray[np.int64]:
    """Return whole molecules, fractions rounded up as often as they say.

    Counts with ambient RNA taken off have fractions; rounded down, a count of .97 would never be hidden.
    """
    whole = np.floor(counts)
    rest = counts - whole
    if rest.any():
        whole += np.random.default_rng([seed, 8]).random(len(counts)) < rest
    return whole.astype(np.int64)


def _column_of(columns: csr_matrix) -> NDArray[np.intp]:
    return np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))


def _logistic(x: NDArray[np.float64], midpoint: float, steepness: float) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(steepness * (x - midpoint), -50, 50)))
