"""Known truth: fill lossy counts whose counts before the loss are known, and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import fillings, log_normalised
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.methods import Values

_MOST_GENES = 1000  # of the correlation matrix
_ROUNDING = 1e-5  # a standard deviation below this share of the mean is float32's, not the method's


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthScores:
    """Filled counts against the true ones; correlations are of log1p counts by library size.

    Attributes
    ----------
    genes
        How many were compared.
    gene_correlation, cell_correlation
        Mean Pearson correlation over the genes (cells) that vary in the truth; one that is constant once filled
        counts as 0.
    gene_gene_error, gene_gene_rms
        Mean absolute and root mean square difference of the genes' correlation matrix from the truth's, without
        its diagonal, over 1,000 genes (unless told), evenly spaced in the order of their true means.
    gene_gene_excess
        Mean of |correlation| less |true correlation|: above 0, correlations are invented.
    true_zeros_filled
        Share of the entries that are zero in the truth too and that got half a count or more.
    true_zeros_mean, lost_mean
        Mean count put where the truth is zero, and where the truth is not zero but the lossy count is.
    """

    genes: int
    gene_correlation: float
    cell_correlation: float
    gene_gene_error: float
    gene_gene_rms: float
    gene_gene_excess: float
    true_zeros_filled: float
    true_zeros_mean: float
    lost_mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTruth:
    """A study of lossy counts, and its true counts.

    Attributes
    ----------
    study
        The lossy counts.
    truth
        The true counts, CSR, of the same shape.
    genes
        The genes that are compared.
    most_genes
        Most genes of the correlation matrix.
    """

    protocol: ClassVar[str] = "truth"
    common: ClassVar[bool] = False

    study: Study
    truth: csr_matrix
    genes: NDArray[np.intp]
    most_genes: int = _MOST_GENES

    @property
    def seen(self) -> Study:
        """The lossy counts."""
        return self.study

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, TruthScores]:
        """Score each estimate under the policies ``zeros`` and ``all``."""
        chosen = self.genes if genes is None else np.intersect1d(self.genes, genes)
        truth = self.truth[:, chosen].toarray().astype(np.float32)
        lossy = self.study.counts[:, chosen].toarray().astype(np.float32)
        real = log_normalised(truth)
        part = _spread(truth.mean(axis=0), np.flatnonzero(real.std(axis=0) > 0), self.most_genes)
        matrix = gene_correlations(real[:, part])
        result = {}
        for name, filled in fillings(values, self.study.counts, chosen):
            ours = log_normalised(filled)
            found = gene_correlations(ours[:, part])
            off = ~np.eye(len(part), dtype=bool)
            error = (found - matrix)[off]
            absent, lost = filled[truth == 0], filled[(lossy == 0) & (truth > 0)]
            result[name] = TruthScores(
                genes=len(chosen),
                gene_correlation=_mean_correlation(ours, real, axis=0),
                cell_correlation=_mean_correlation(ours, real, axis=1),
                gene_gene_error=_mean(np.abs(error)),
                gene_gene_rms=float(np.sqrt(_mean(error**2))),
                gene_gene_excess=_mean(np.abs(found[off]) - np.abs(matrix[off])),
                true_zeros_filled=_mean(absent >= 0.5),
                true_zeros_mean=_mean(absent),
                lost_mean=_mean(lost),
            )
        return result


def score(
    given: Method | Values,
    study: Study,
    truth: csr_matrix,
    genes: NDArray[np.intp] | None = None,
    *,
    most_genes: int = _MOST_GENES,
) -> dict[str, TruthScores]:
    """Fill a study of lossy counts and compare with the true ones.

    Parameters
    ----------
    given
        A method, or what one predicted for ``study``.
    study
        The lossy counts.
    truth
        The true counts, CSR, of the same cells and genes.
    genes
        Columns to compare [default: all]. One that the method does not fill keeps its counts.
    most_genes
        Most genes of the correlation matrix, evenly spaced in the order of their true means.

    Returns
    -------
    Scores for each estimate, filled by policy ``zeros`` (the estimate's name) and ``all`` (``expected, all``).
    """
    chosen = np.arange(study.counts.shape[1]) if genes is None else genes
    task = KnownTruth(study=study, truth=truth, genes=chosen, most_genes=most_genes)
    return task.score(as_values(given, study))


def _spread(mean: NDArray[np.float32], genes: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return so many of the genes, evenly spaced in the order of their means: rare genes are where errors hide."""
    order = genes[np.argsort(mean[genes], kind="stable")]
    return order[np.linspace(0, len(order) - 1, min(most, len(order))).astype(np.intp)]


def gene_correlations(logs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Pearson correlation matrix of the columns; 0 where one is constant."""
    level = logs.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = logs - level
    size = np.sqrt((centred**2).sum(axis=0))
    varies = size > _ROUNDING * np.sqrt(len(logs)) * np.maximum(np.abs(level), 1e-3)
    scaled = np.where(varies, centred / np.where(varies, size, 1), 0).astype(np.float32)
    matrix: NDArray[np.float32] = scaled.T @ scaled
    return matrix


def _mean_correlation(ours: NDArray[np.float32], real: NDArray[np.float32], *, axis: int) -> float:
    x = ours.astype(np.float64) - ours.mean(axis=axis, keepdims=True, dtype=np.float64)
    y = real.astype(np.float64) - real.mean(axis=axis, keepdims=True, dtype=np.float64)
    own, other = (x**2).sum(axis=axis), (y**2).sum(axis=axis)
    least = _ROUNDING**2 * np.maximum((ours.astype(np.float64) ** 2).sum(axis=axis), 1e-6)
    correlation = np.where(own > least, (x * y).sum(axis=axis) / np.sqrt(np.maximum(own * other, 1e-18)), 0)
    return _mean(correlation[other > 1e-9])


def _mean(values: NDArray[np.floating | np.bool_]) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")
