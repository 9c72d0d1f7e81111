"""Correct a model for a new dataset, in closed form, on a sample of its cells.

A gene's level differs between labs and chemistries, and a dataset has structure that the training data lacked.
In order: one factor a gene, (a + sum observed) / (a + sum predicted), the posterior mean of its level under
Poisson counts and a Gamma(a, a) prior, with a estimated from all genes; then for models of expected counts a
regression of each gene on the model's own contrast and on scores of the cell (`regression`,
`scores`). Each of these parts is left out where it does not help on cells and genes kept aside.
benchmarks/transfer/held_out.py and pairs.py measure what it gives; docs/method.md says what else was tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cellfill.calibration.regression import Coefficients, prior_variance, regress, root_dispersion
from cellfill.calibration.sample import MAX_CELLS, Sample, draw_cells, take_sample
from cellfill.calibration.scores import Projection, fit_projection

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.network.cells import ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

__all__ = ["MAX_CELLS", "PARTS", "Calibration", "Part", "Refinement", "calibrate"]

# How far a calibration goes; each includes those before it.
Part = Literal["none", "level", "contrast", "scores"]
PARTS: tuple[Part, ...] = get_args(Part)

# Weight of the model's own level of a gene, in counts: these where it cannot be estimated, and its bounds.
LEVEL_PRIOR = 20.0
_LEVEL_PRIORS = (5.0, 500.0)
# The most counted genes make the scores: 0.7 sqrt(cells) of them, up to 20, and one for 50 genes. Among fewer
# genes a score would be made of a gene's own count, and predict it from itself.
SCORE_GENES = 1000
MAX_SCORES = 20
_SCORES_PER_ROOT_CELL = 0.7
_GENES_PER_SCORE = 50
# Whether a part helps is judged on half of so many cells, by its gain in standard errors. Level and contrast have
# priors and are left out where they do harm; the scores, which have the most freedom, must do good.
_CHECK_CELLS = 1024
_LEAST_CHECK_CELLS = 20
_STANDARD_ERRORS: dict[Part, float] = {"level": -2.0, "contrast": -2.0, "scores": 1.0}
_LEAST_DEPTH = 0.05
_LEAST_MEAN = np.float32(1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a dataset taught.

    Attributes
    ----------
    factors
        Factor of each target gene's level, float32; 1 for a gene that the dataset lacks.
    refinement
        The corrections beyond it, which hold the level too; None where there are none.
    part
        How far the calibration goes.
    cells
        Number of cells that it was fitted on.
    shallow_below
        Size factor below which a cell is less than a tenth as deep as is usual in the dataset, or a droplet.
    """

    factors: Float32
    refinement: Refinement | None
    part: Part
    cells: int
    shallow_below: float

    @property
    def scores(self) -> int:
        """Number of scores of a cell."""
        projection = None if self.refinement is None else self.refinement.projection
        return 0 if projection is None else projection.loadings.shape[1]

    @property
    def score_genes(self) -> NDArray[np.intp]:
        """The target genes that a cell's scores are made of, as columns of the graph's output, ascending."""
        projection = None if self.refinement is None else self.refinement.projection
        return np.zeros(0, dtype=np.intp) if projection is None else projection.genes

    def correct(self, mean: Float32, counts: Float32 | csr_matrix, size_factors: Float32) -> Float32:
        """Correct a block.

        Parameters
        ----------
        mean
            The graph's counts, cells x target genes.
        counts
            The observed counts of all target genes (or only of `score_genes`), dense or CSR, 0 where the dataset
            lacks the gene; read for the scores only.
        size_factors
            One a cell.
        """
        if self.refinement is None:
            return mean * self.factors
        return self.refinement.correct(mean, counts, size_factors)

    def take(self, genes: NDArray[np.intp]) -> Calibration:
        """Return the calibration of some columns of the graph's output; the counts stay those of all targets."""
        refinement = self.refinement
        if refinement is not None:
            refinement = replace(refinement, coefficients=refinement.coefficients.take(genes))
        return replace(self, factors=self.factors[genes], refinement=refinement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """Corrections by gene and cell.

    Attributes
    ----------
    scale
        Median size factor of the fitted cells.
    projection
        How a cell's scores are made; None where there are too few cells for any.
    coefficients
        Of each gene's regression.
    """

    scale: float
    projection: Projection | None
    coefficients: Coefficients

    def correct(self, mean: Float32, counts: Float32 | csr_matrix, size_factors: Float32) -> Float32:
        """Correct a block, as in `Calibration.correct`."""
        depth = _depth(size_factors, self.scale)
        design = [np.ones((len(depth), 1), dtype=np.float32), np.log(depth)[:, None]]
        if self.projection is not None:
            design.append(self.projection.scores(counts, depth))
        return self.coefficients.correct(mean, np.concatenate(design, axis=1))


def calibrate(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    measured: NDArray[np.bool_],
    meaning: Literal["expected", "expressed"],
    part: Part | None = None,
    refined: NDArray[np.intp] | None = None,
    workers: int = 1,
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
    part
        How far it goes; found on these cells by default.
    refined
        The only columns of the graph's output that are corrected beyond their level; all by default.
    workers
        Threads to use; of no effect on values.
    """
    drawn, shallow = draw_cells(cells)
    factors = np.ones(len(targets), dtype=np.float32)
    none = Calibration(factors=factors, refinement=None, part="none", cells=len(drawn), shallow_below=shallow)
    known = np.flatnonzero(measured)
    if len(drawn) == 0 or len(known) == 0:
        return none
    expected = meaning == "expected"
    sample = take_sample(
        network, cells.take(drawn), targets[known], known, nonzero_only=not expected, workers=workers
    )
    if part is None:
        part = _choose_part(sample) if expected else "level"
    if part == "none":
        return none
    levels = _levels(sample)
    factors[known] = levels
    chosen = np.arange(len(known)) if refined is None else np.flatnonzero(np.isin(known, refined))
    fitted = sample if refined is None else sample.take(genes=chosen)
    refinement = _refine(sample, part, fitted, levels[chosen], np.arange(len(known)))
    if refinement is not None:
        place = np.full(len(targets), -1, dtype=np.intp)
        place[known[chosen]] = np.arange(len(chosen))
        coefficients = refinement.coefficients.take(place)
        projection = refinement.projection
        if projection is not None:
            projection = replace(projection, genes=known[projection.genes])
        refinement = replace(refinement, coefficients=coefficients, projection=projection)
    return replace(none, factors=factors, refinement=refinement, part=part)


def _refine(
    sample: Sample, part: Part, fitted: Sample, factors: Float64, scored: NDArray[np.intp]
) -> Refinement | None:
    """Fit what lies beyond the factors of some genes of a sample, with scores made of those in ``scored``."""
    if part == "level":
        return None
    scale = max(float(np.median(sample.size_factors)), 1e-6)
    depth = _depth(sample.size_factors, scale)
    projection = None
    scores = np.zeros((len(depth), 0), dtype=np.float32)
    genes = min(len(scored), SCORE_GENES)
    number = min(MAX_SCORES, round(_SCORES_PER_ROOT_CELL * len(depth) ** 0.5), genes // _GENES_PER_SCORE)
    if part == "scores" and number:
        order = np.argsort(-sample.totals()[scored], kind="stable")[:genes]
        chosen = np.sort(scored[order])
        projection = fit_projection(sample.counts[chosen].toarray().T, depth, chosen, number=number)
        scores = projection.scores(sample.counts.T.tocsr(), depth)
    coefficients = regress(fitted, factors, depth, scores)
    return Refinement(scale=scale, projection=projection, coefficients=coefficients)


def _levels(sample: Sample) -> Float64:
    """Return the factor of each gene; how far the model's level is trusted is estimated from all genes."""
    observed, predicted, noise = sample.totals(), np.zeros(len(sample.mean)), np.ones(len(sample.mean))

    def add(part: slice, mean: Float32, counts: Float32) -> None:
        predicted[part] = mean.sum(axis=1, dtype=np.float64)
        noise[part] = root_dispersion(mean, counts - mean)

    sample.each(add)
    variance = prior_variance((observed - predicted)[:, None], predicted[:, None], noise)
    prior = np.clip(1 / variance[0], *_LEVEL_PRIORS) if len(observed) > 1 else LEVEL_PRIOR
    factors: Float64 = (prior + observed) / (prior + predicted)
    return factors


def _choose_part(sample: Sample) -> Part:
    """Return the furthest part that raises the likelihood of genes and cells that had no part in its fit.

    Fitted on every other cell, with scores made of every other gene; judged on the other cells and the other
    genes, so that no count is predicted from itself. The cells come in an order without meaning.
    """
    cells = min(sample.mean.shape[1], _CHECK_CELLS)
    if cells < _LEAST_CHECK_CELLS:
        return "contrast"
    scored, judged = np.arange(0, len(sample.mean), 2), slice(1, None, 2)
    some, held = sample.take(slice(0, cells, 2)), sample.take(slice(1, cells, 2))
    fitted = some.take(genes=judged)
    factors, by_cell = _levels(fitted), held.counts.T.tocsr()
    mean, truth = held.mean[judged].T, held.counts[judged].toarray().T
    chosen: Part = "none"
    before = _likelihood(mean, truth)
    for part in PARTS[1:]:
        refinement = _refine(some, part, fitted, factors, scored)
        if refinement is None:
            told = mean * factors.astype(np.float32)
        else:
            told = refinement.correct(mean, by_cell, held.size_factors)
        now = _likelihood(told, truth)
        gain = now - before
        if gain.mean() > _STANDARD_ERRORS[part] * gain.std() / len(gain) ** 0.5:
            chosen, before = part, now
    return chosen


def _likelihood(mean: Float32, counts: Float32) -> Float64:
    """Return the log likelihood of each cell, but for a constant."""
    likelihood: Float64 = (counts * np.log(mean + _LEAST_MEAN) - mean).sum(axis=1, dtype=np.float64)
    return likelihood


def _depth(size_factors: Float32, scale: float) -> Float32:
    depth: Float32 = np.maximum(size_factors / np.float32(scale), np.float32(_LEAST_DEPTH))
    return depth
