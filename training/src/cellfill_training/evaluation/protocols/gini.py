"""Gini coefficients: genes' distributions over cells against a reference (Arisdakessian 2019, Fig. 3a)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import fillings
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.methods import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class GiniScores:
    """Gini coefficients of filled counts against those of the reference, over genes.

    Attributes
    ----------
    genes
        How many were compared: those that occur in both.
    pearson, mse
        Of the coefficients.
    bias
        Mean of the coefficient less the reference's: below 0, genes are spread too evenly over the cells.
    """

    genes: int
    pearson: float
    mse: float
    bias: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A study, and counts of its genes in a reference: a truth layer, or other cells of the same kind (CSR)."""

    protocol: ClassVar[str] = "gini"
    common: ClassVar[bool] = False

    study: Study
    reference: csr_matrix
    genes: NDArray[np.intp]

    @property
    def seen(self) -> Study:
        """The study."""
        return self.study

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, GiniScores]:
        """Score each estimate under the policies ``zeros`` and ``all``."""
        chosen = self.genes if genes is None else np.intersect1d(self.genes, genes)
        real = gini(_by_library(self.reference[:, chosen].toarray()))
        result = {}
        for name, filled in fillings(values, self.study.counts, chosen):
            ours = gini(_by_library(filled))
            both = np.isfinite(ours) & np.isfinite(real)
            x, y = ours[both], real[both]
            flat = len(x) < 2 or x.std() < 1e-6 or y.std() < 1e-6
            result[name] = GiniScores(
                genes=int(both.sum()),
                pearson=0.0 if flat else float(np.corrcoef(x, y)[0, 1]),
                mse=float(np.mean((x - y) ** 2)) if len(x) else float("nan"),
                bias=float(np.mean(x - y)) if len(x) else float("nan"),
            )
        return result


def score(
    given: Method | Values, study: Study, reference: csr_matrix, genes: NDArray[np.intp] | None = None
) -> dict[str, GiniScores]:
    """Fill a study and compare its genes' Gini coefficients with those of a reference.

    The paper's reference is RNA FISH, and a housekeeping gene (GAPDH) brings its cells to one depth; here the
    library size over the genes compared does. A gene's own scale does not matter to its coefficient.

    Parameters
    ----------
    given
        A method, or what one predicted for ``study``.
    study
        The cells to fill.
    reference
        Counts of the same genes, CSR; the cells may be others, and any number.
    genes
        Columns to compare [default: all]. One that the method does not fill keeps its counts.

    Returns
    -------
    Scores for each estimate, filled by policy ``zeros`` (the estimate's name) and ``all`` (``expected, all``).
    """
    chosen = np.arange(study.counts.shape[1]) if genes is None else genes
    return Reference(study=study, reference=reference, genes=chosen).score(as_values(given, study))


def gini(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Gini coefficient of each column: 0 where all cells have as much, near 1 where one has all.

    sum_i (2 i - n - 1) x_(i) / (n sum x), x_(i) sorted upwards; NaN for a column without counts.
    """
    ordered = np.sort(values.astype(np.float64), axis=0)
    cells = len(ordered)
    weight = 2 * np.arange(1, cells + 1) - cells - 1
    total = ordered.sum(axis=0)
    return np.where(total > 0, weight @ ordered / (cells * np.where(total > 0, total, 1)), np.nan)


def _by_library(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    library = counts.sum(axis=1, keepdims=True, dtype=np.float64)
    return np.where(library > 0, counts / np.where(library > 0, library, 1), 0)
