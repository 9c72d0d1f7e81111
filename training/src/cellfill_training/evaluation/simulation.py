"""Simulated counts of which the truth is known, written from the published Splat model (Zappia 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplatOptions:
    """Parameters of the model; names in brackets are Splatter's.

    Size, groups and dropout are those of Arisdakessian 2019, "Availability of data and materials"; the rest are the
    defaults of Splatter's class SplatParams.

    Attributes
    ----------
    genes, cells
        How many.
    groups
        Share of the cells in each group [group.prob]; a cell's group is drawn.
    mean_shape, mean_rate
        Of the gamma distribution of gene means [mean.shape, mean.rate].
    outlier_share, outlier_location, outlier_scale
        Share of genes whose mean is the median mean times a log-normal factor [out.prob, out.facLoc,
        out.facScale].
    library_location, library_scale
        Of the log-normal distribution of library sizes [lib.loc, lib.scale].
    de_share, de_down, de_location, de_scale
        Share of genes that differ in a group, share of those that are lower there, and the log-normal distribution
        of the factor [de.prob, de.downProb, de.facLoc, de.facScale].
    bcv_common, bcv_freedom
        Common biological coefficient of variation, and degrees of freedom of the inverse chi-square that it is
        multiplied with [bcv.common, bcv.df].
    dropout_middle, dropout_shape
        A count of mean m is lost with probability 1 / (1 + exp(-shape (ln m - middle))) [dropout.mid,
        dropout.shape].
    """

    genes: int = 4000
    cells: int = 2000
    groups: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2, 0.4)
    mean_shape: float = 0.6
    mean_rate: float = 0.3
    outlier_share: float = 0.05
    outlier_location: float = 4.0
    outlier_scale: float = 0.5
    library_location: float = 11.0
    library_scale: float = 0.2
    de_share: float = 0.1
    de_down: float = 0.5
    de_location: float = 0.1
    de_scale: float = 0.4
    bcv_common: float = 0.1
    bcv_freedom: float = 60.0
    dropout_middle: float = 1.0
    dropout_shape: float = -0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Simulated counts.

    Attributes
    ----------
    counts
        With dropout, CSR float32, cells x genes.
    before
        The same before dropout.
    groups
        Group of each cell, from 0.
    factors
        Groups x genes: the factor of the gene's mean in the group, 1 where it does not differ.
    """

    counts: csr_matrix
    before: csr_matrix
    groups: NDArray[np.intp]
    factors: Float64

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Groups x genes: whether the gene is differentially expressed in the group."""
        return np.asarray(self.factors != 1)


def simulate(options: SplatOptions | None = None, *, seed: int = 0) -> Simulation:
    """Simulate counts of groups of cells.

    A cell's mean of a gene is its share of the group's gene means, times the cell's library size; around it a
    gamma distribution with the coefficient of variation (common + 1 / sqrt(mean)) sqrt(f / chi2_f), f the degrees
    of freedom and chi2_f drawn once a gene; from that a Poisson count; of which some are lost.
    """
    from scipy import sparse

    o = options or SplatOptions()
    rng = np.random.default_rng([seed, 12])
    means = _gene_means(rng, o)
    factors = np.stack([_de_factors(rng, o) for _ in o.groups])
    groups = rng.choice(len(o.groups), o.cells, p=np.asarray(o.groups) / np.sum(o.groups))
    library = rng.lognormal(o.library_location, o.library_scale, o.cells)
    level = factors * means
    level /= level.sum(axis=1, keepdims=True)
    base = level[groups] * library[:, None]
    spread = o.bcv_common + 1 / np.sqrt(np.maximum(base, 1e-12))
    spread *= np.sqrt(o.bcv_freedom / rng.chisquare(o.bcv_freedom, o.genes))
    shape = 1 / spread**2
    rate = rng.gamma(shape, base / shape)
    counts = rng.poisson(rate).astype(np.float32)
    steep = np.clip(o.dropout_shape * (np.log(np.maximum(rate, 1e-300)) - o.dropout_middle), -50, 50)
    lost = rng.random(rate.shape) < 1 / (1 + np.exp(-steep))
    return Simulation(
        counts=sparse.csr_matrix(np.where(lost, np.float32(0), counts)),
        before=sparse.csr_matrix(counts),
        groups=groups.astype(np.intp),
        factors=factors,
    )


def _gene_means(rng: np.random.Generator, o: SplatOptions) -> Float64:
    means = rng.gamma(o.mean_shape, 1 / o.mean_rate, o.genes)
    outlier = rng.random(o.genes) < o.outlier_share
    high = np.median(means) * rng.lognormal(o.outlier_location, o.outlier_scale, o.genes)
    return np.where(outlier, high, means)


def _de_factors(rng: np.random.Generator, o: SplatOptions) -> Float64:
    """Return a group's factor of each gene: log-normal, turned so that what goes up is above 1."""
    differs = rng.random(o.genes) < o.de_share
    down = rng.random(o.genes) < o.de_down
    size = np.abs(rng.normal(o.de_location, o.de_scale, o.genes))
    return np.where(differs, np.exp(np.where(down, -size, size)), 1.0)
