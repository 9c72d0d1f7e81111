"""Correct a model for a new dataset, in closed form, on a sample of its cells.

A gene's level differs between labs and chemistries, and a dataset has structure that the training data lacked.
In order: one factor a gene, (a + sum observed) / (a + sum predicted), the posterior mean of its level under
Poisson counts and a Gamma(a, a) prior; then for models of expected counts a regression of each gene on the
model's own contrast and on scores of the cell (`cellfill.regression`, `cellfill.scores`), a last factor a gene,
and a factor a cell. The scores are left out where they do not help on cells and genes kept aside.
benchmarks/transfer.py measures what it gives; docs/method.md says what else was tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.infer import predict_blocks
from cellfill.regression import LEVEL_PRIOR, Coefficients, regress
from cellfill.scores import Projection, fit_projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.infer import ModelCells
    from cellfill.session import Network

    Float32 = NDArray[np.float32]

# What is fitted settles within a few thousand cells; the cost must not grow with the dataset.
MAX_CELLS = 4096
# Barcodes below a fiftieth of a training cell's depth are droplets, not cells; and what is fitted comes from cells
# within a factor of ten of the median of the rest, so that neither empty droplets nor a freak decide for all.
_DROPLET_DEPTH = 0.02
_DEPTH_RANGE = 10.0
# No cell counts for more than a twentieth of a gene (or four cells' share, where there are few), beyond 20 counts.
_LARGEST_SHARE = 0.05
_LARGEST_SHARE_CELLS = 4.0
_SHARE_FREE_COUNTS = 20.0
# Weight of the model's own total of a cell, in counts.
CELL_PRIOR = 200.0
# The most counted genes make the scores: 0.7 sqrt(cells) of them, half of either kind, up to 20, and one for 50
# genes. Among fewer genes a score would be made of a gene's own count, and predict it from itself.
SCORE_GENES = 1000
MAX_SCORES = 20
_SCORES_PER_ROOT_CELL = 0.7
_GENES_PER_SCORE = 50
# Whether the scores help is judged on half of so many cells; their gain must stand out by two standard errors.
_CHECK_CELLS = 1024
_LEAST_CHECK_CELLS = 20
_STANDARD_ERRORS = 2.0
_LEAST_DEPTH = 0.05
_LEAST_MEAN = np.float32(1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a dataset taught.

    Attributes
    ----------
    factors
        First factor of each target gene, float32; 1 for a gene that the dataset lacks.
    refinement
        The corrections beyond it; None for a model of ``expressed`` counts.
    cells
        Number of cells that it was fitted on.
    shallow_cells
        Number of cells of the dataset that are less than a tenth as deep as is usual in it.
    """

    factors: Float32
    refinement: Refinement | None
    cells: int
    shallow_cells: int

    def correct(self, mean: Float32, counts: Float32, size_factors: Float32) -> Float32:
        """Correct a block.

        Parameters
        ----------
        mean
            The graph's counts, cells x target genes.
        counts
            The observed counts of the same, 0 where the dataset lacks the gene.
        size_factors
            One a cell.
        """
        level: Float32 = mean * self.factors
        return level if self.refinement is None else self.refinement.correct(level, counts, size_factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """Corrections by gene and cell, beyond the level of a gene.

    Attributes
    ----------
    scale
        Median size factor of the fitted cells.
    projection
        How a cell's scores are made; None where there are too few cells for any.
    coefficients
        Of each gene's regression.
    last_factors
        Bring each gene's total back to its (shrunken) count.
    measured
        Which target genes the dataset has, as float32.
    """

    scale: float
    projection: Projection | None
    coefficients: Coefficients
    last_factors: Float32
    measured: Float32

    def correct(self, mean: Float32, counts: Float32, size_factors: Float32) -> Float32:
        """Correct a block whose genes have the dataset's level."""
        depth = _depth(size_factors, self.scale)
        design = _design(self.projection, mean, counts, depth)
        corrected = self.coefficients.correct(mean, depth, design)
        corrected *= self.last_factors
        told = corrected @ self.measured
        corrected *= ((CELL_PRIOR + counts @ self.measured) / (CELL_PRIOR + told))[:, None]
        return corrected


def calibrate(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    measured: NDArray[np.bool_],
    meaning: Literal["expected", "expressed"],
) -> Calibration:
    """Fit a calibration on at most `MAX_CELLS` cells.

    Parameters
    ----------
    network, cells
        The model, and the new dataset in its genes.
    targets
        Rows of the target genes in the gene index, in the order of the graph's output.
    measured
        Which of them the dataset has.
    meaning
        What the graph's output means. For ``expressed`` counts the factors compare non-zero entries only, and
        nothing else is corrected.
    """
    drawn, shallow = _draw(cells)
    if len(drawn) == 0:
        ones = np.ones(len(targets), dtype=np.float32)
        return Calibration(factors=ones, refinement=None, cells=0, shallow_cells=shallow)
    sample = cells.take(drawn)
    counts: Float32 = sample.counts[:, targets].toarray()
    mean = np.concatenate([block for _, block in predict_blocks(network, sample)])
    if meaning == "expressed":
        mean *= counts > 0
    _limit_shares(mean, counts)
    factors = np.where(measured, _shrunken_ratio(_total(counts), _total(mean)), 1.0).astype(np.float32)
    refinement = None
    if meaning == "expected":
        mean *= factors
        part = slice(_CHECK_CELLS)
        helps = _scores_help(mean[part], counts[part], sample.size_factors[part], measured)
        most = MAX_SCORES if helps else 0
        refinement = _refine(mean, counts, sample.size_factors, measured, most=most, scored=measured)
    return Calibration(factors=factors, refinement=refinement, cells=len(counts), shallow_cells=shallow)


def _limit_shares(mean: Float32, counts: Float32) -> None:
    """Weigh down, in place, the entries in which one cell makes up too much of a gene.

    Counts and means get one weight, so that a rare cell that the model knows still agrees with it, and a freak
    of which it knows nothing, or says something absurd, does not set the level for all.
    """
    share = max(_LARGEST_SHARE, _LARGEST_SHARE_CELLS / len(counts))
    if share >= 1:
        return
    larger = np.maximum(mean, counts)
    limit = np.full(larger.shape[1], np.inf, dtype=np.float32)
    for _ in range(3):  # the limit falls with the total that it limits
        total = np.minimum(larger, limit).sum(axis=0, dtype=np.float64)
        limit = np.maximum(share * total, _SHARE_FREE_COUNTS).astype(np.float32)
    cell, gene = np.nonzero(larger > limit)
    weight = limit[gene] / larger[cell, gene]
    mean[cell, gene] *= weight
    counts[cell, gene] *= weight


def _refine(
    mean: Float32,
    counts: Float32,
    size_factors: Float32,
    measured: NDArray[np.bool_],
    *,
    most: int,
    scored: NDArray[np.bool_],
) -> Refinement:
    """Fit the corrections beyond the level; ``most`` scores at most, made of the genes in ``scored``."""
    scale = max(float(np.median(size_factors)), 1e-6)
    depth = _depth(size_factors, scale)
    projection = None
    genes = min(int(scored.sum()), SCORE_GENES)
    each = min(most, round(_SCORES_PER_ROOT_CELL * len(counts) ** 0.5), genes // _GENES_PER_SCORE) // 2
    if each:
        order = np.argsort(-np.where(scored, _total(counts), -1.0), kind="stable")[:SCORE_GENES]
        projection = fit_projection(mean, counts, depth, np.sort(order[scored[order]]), each=each)
    design = _design(projection, mean, counts, depth)
    coefficients = regress(mean, counts, depth, design, measured)
    fitted = _total(coefficients.correct(mean, depth, design))
    last = np.where(measured, _shrunken_ratio(_total(counts), fitted), 1.0)
    return Refinement(
        scale=scale,
        projection=projection,
        coefficients=coefficients,
        last_factors=last.astype(np.float32),
        measured=measured.astype(np.float32),
    )


def _scores_help(mean: Float32, counts: Float32, size_factors: Float32, measured: NDArray[np.bool_]) -> bool:
    """Return whether scores raise the likelihood of genes and cells that had no part in them.

    Fitted on every other cell, with scores made of every other gene; judged on the other cells and the other
    genes, so that no count is predicted from itself. The cells must come in an order without meaning.
    """
    if len(counts) < _LEAST_CHECK_CELLS:
        return False
    fitted = np.arange(len(counts)) % 2 == 0
    scored = measured & (np.arange(len(measured)) % 2 == 0)
    judged = np.flatnonzero(measured & ~scored)
    truth = counts[~fitted]
    gain = np.zeros(len(truth))
    for most, sign in ((MAX_SCORES, 1.0), (0, -1.0)):
        made = _refine(mean[fitted], counts[fitted], size_factors[fitted], measured, most=most, scored=scored)
        told = made.correct(mean[~fitted], truth, size_factors[~fitted])[:, judged]
        likelihood = truth[:, judged] * np.log(told + _LEAST_MEAN) - told
        gain += sign * likelihood.sum(axis=1, dtype=np.float64)
    return bool(gain.mean() > _STANDARD_ERRORS * gain.std() / len(gain) ** 0.5)


def _design(projection: Projection | None, mean: Float32, counts: Float32, depth: Float32) -> Float32:
    ones = np.ones((len(counts), 1), dtype=np.float32)
    if projection is None:
        return ones
    return np.concatenate([ones, projection.scores(mean, counts, depth)], axis=1)


def _depth(size_factors: Float32, scale: float) -> Float32:
    depth: Float32 = np.maximum(size_factors / np.float32(scale), np.float32(_LEAST_DEPTH))
    return depth


def _shrunken_ratio(observed: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    return (LEVEL_PRIOR + observed) / (LEVEL_PRIOR + predicted)


def _total(values: Float32) -> NDArray[np.float64]:
    total: NDArray[np.float64] = values.sum(axis=0, dtype=np.float64)
    return total


def _draw(cells: ModelCells) -> tuple[NDArray[np.intp], int]:
    """Draw cells to fit on, and count those that are too shallow.

    They are drawn, and put in order, by a hash of their counts: the order of the dataset changes nothing.
    """
    depth = cells.size_factors
    droplets = depth < _DROPLET_DEPTH
    usual = float(np.median(depth[~droplets])) if not droplets.all() else 0.0
    kept = np.flatnonzero(~droplets & (depth >= usual / _DEPTH_RANGE) & (depth <= usual * _DEPTH_RANGE))
    weights = np.random.default_rng(0).random(cells.counts.shape[1])
    key = np.asarray(cells.counts[kept] @ weights) * 1e3 % 1.0
    shallow = int((droplets | (depth < usual / _DEPTH_RANGE)).sum())
    return kept[np.argsort(key, kind="stable")][:MAX_CELLS], shallow
