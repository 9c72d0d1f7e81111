"""Which genes a classifier reads, and at what level they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.errors import DataError
from cellfill_training.architectures.classifier.cells import Cells
from cellfill_training.architectures.classifier.network import Scaling
from cellfill_training.architectures.classifier.options import LEAST_GENES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_LIBRARY = 1e4
_LEAST_STUDIES = 2  # that measure a gene, where there are as many
_LEAST_DETECTED = 0.002
_LEAST_CELLS = 8  # of a type in a study, for its mean to say anything
_FLOOR = 0.05  # standard deviation below which a gene counts as one of this
_SCALE_FLOOR = 0.1


def choose_genes(cells: Cells, number: int) -> NDArray[np.intp]:
    """Return the genes that tell types apart best, or vary most, in the mean over studies; ascending.

    A gene's place is the better of its places in two orders: variance of log counts, and variance of the types'
    means over its standard deviation. A study that lacks a gene counts as one in which it says nothing.

    Raises
    ------
    DataError
        When too few genes are in cells of enough studies.
    """
    varying, telling = np.zeros(len(cells.genes)), np.zeros(len(cells.genes))
    for study in range(len(cells.names)):
        rows = cells.study == study
        levels = log_levels(cells.counts[rows], cells.counts[rows].sum(axis=1).A1 / _LIBRARY)
        mean, variance = _moments(levels)
        detected = np.bincount(levels.indices, minlength=len(mean)) / max(levels.shape[0], 1)
        varying += np.where(detected > _LEAST_DETECTED, variance, 0)
        telling += _between(levels, cells.leaf[rows], cells.types) / (np.sqrt(variance) + _FLOOR)
    studies = cells.measured.sum(axis=0)
    usable = (studies >= min(_LEAST_STUDIES, len(cells.names))) & (varying > 0)
    if not usable.any():
        raise DataError(
            "No gene is found in the cells of two studies: their genes have other names, or other species."
        )
    if (found := int(usable.sum())) < LEAST_GENES:
        raise DataError(
            f"Only {found} genes are found in the cells of two studies, and {LEAST_GENES} are the least: many a "
            "shallow cell has no count at all in fewer. Are some studies' genes named otherwise (--gene-table)?"
        )
    place = np.minimum(_places(varying / np.maximum(studies, 1)), _places(telling / np.maximum(studies, 1)))
    place[~usable] = len(place)
    chosen = np.argsort(place, kind="stable")[: min(number, found)]
    return np.sort(chosen)


def scaling_of(cells: Cells, *, bound: float) -> Scaling:
    """Return how counts of the chosen genes become inputs; every study weighs the same.

    The cells in the median have a size factor of 1.
    """
    shared = cells.measured.all(axis=0)
    if not shared.any():
        raise DataError("The studies share no gene that tells types apart: leave out the one with other genes.")
    shares = np.zeros(cells.measured.shape)
    for study in range(len(cells.names)):
        totals = cells.counts[cells.study == study].sum(axis=0).A1.astype(np.float64)
        shares[study] = totals / max(totals[shared].sum(), 1)
    mean = _over_studies(shares, cells.measured)
    mean = np.maximum(mean, mean[mean > 0].min())
    mean = mean * np.median(size_factors(cells.counts, cells.measured[cells.study], mean))
    first, second = np.zeros(cells.measured.shape), np.zeros(cells.measured.shape)
    for study in range(len(cells.names)):
        counts, known = cells.counts[cells.study == study], cells.measured[study]
        levels = log_levels(counts, size_factors(counts, known, mean))
        average, variance = _moments(levels)
        first[study], second[study] = average, variance + average**2
    centre = _over_studies(first, cells.measured)
    variance = np.maximum(_over_studies(second, cells.measured) - centre**2, 0)
    return Scaling(
        mean=mean,
        centre=centre.astype(np.float32),
        scale=(np.sqrt(variance) + _SCALE_FLOOR).astype(np.float32),
        bound=bound,
    )


def size_factors(counts: csr_matrix, measured: NDArray[np.bool_], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the counts of each cell over measured genes, divided by the sum of their means; above 0.

    Parameters
    ----------
    counts
        Cells x genes; no counts of genes that are not measured.
    measured
        Genes, or cells x genes.
    mean
        (genes,) mean count at size factor 1.
    """
    totals = np.maximum(counts.sum(axis=1).A1, 1)
    factors: NDArray[np.float64] = totals / np.maximum(measured @ mean, 1e-12)
    return factors


def log_levels(counts: csr_matrix, factors: NDArray[np.float64]) -> csr_matrix:
    """Return log1p(count / size factor), sparse."""
    levels = counts.astype(np.float64)
    levels.data = np.log1p(levels.data / np.repeat(np.maximum(factors, 1e-12), np.diff(counts.indptr)))
    return levels


def _moments(levels: csr_matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = levels.mean(axis=0).A1
    return mean, np.maximum(levels.multiply(levels).mean(axis=0).A1 - mean**2, 0)


def _between(levels: csr_matrix, leaf: NDArray[np.intp], types: int) -> NDArray[np.float64]:
    """Return the variance of the types' means of each gene, each type once."""
    numbers = np.bincount(leaf[leaf >= 0], minlength=types)
    means = [levels[leaf == t].mean(axis=0).A1 for t in np.flatnonzero(numbers >= _LEAST_CELLS)]
    return np.var(means, axis=0) if means else np.zeros(levels.shape[1])


def _over_studies(values: NDArray[np.float64], measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = (values * measured).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
    return mean


def _places(values: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.argsort(np.argsort(-values, kind="stable"), kind="stable")
