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
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.calibration.choosing import choose_part
from cellfill.calibration.corrections import Calibration, Part
from cellfill.calibration.fitting import depth_alone, fit_beyond, fit_levels, with_scores
from cellfill.calibration.sample import MAX_CELLS, draw_cells, take_sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.calibration.corrections import Reach
    from cellfill.calibration.sample import Sample
    from cellfill.calibration.scores import Projection
    from cellfill.network.cells import ModelCells
    from cellfill.network.session import Network

__all__ = ["MAX_CELLS", "Begun", "begin_calibration", "calibrate", "calibrate_alike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A calibration of which cells were predicted, and nothing is fitted yet.

    Attributes
    ----------
    nothing
        The calibration that corrects nothing, of the same cells and genes.
    known
        The columns of the graph's output that the dataset has.
    sample
        Predicted and observed counts of these in some cells; None where there are none.
    meaning
        What the graph's output means.
    """

    nothing: Calibration
    known: NDArray[np.intp]
    sample: Sample | None
    meaning: Literal["expected", "expressed"]

    def part(self) -> Part:
        """Find how far it goes: each of its parts must help on cells and genes kept aside."""
        if self.sample is None:
            return "none"
        return choose_part(self.sample) if self.meaning == "expected" else "level"

    def fit(self, *, part: Reach | None = None, refined: NDArray[np.intp] | None = None) -> Calibration:
        """Fit it.

        Parameters
        ----------
        part
            How far it goes; found on these cells by default.
        refined
            The only columns of the graph's output that are corrected beyond their level; all by default.
        """
        sample, known, nothing = self.sample, self.known, self.nothing
        if sample is None:
            return nothing
        levels = fit_levels(sample)
        asked = self.part if part is None else part
        far = asked() if callable(asked) else asked
        if far == "none":
            return nothing
        factors = nothing.factors.copy()
        factors[known] = levels
        if far == "level":
            return replace(nothing, factors=factors, part=far)
        scored = np.arange(len(known))
        basis = with_scores(sample, scored) if far == "scores" else depth_alone(sample.size_factors)
        chosen = scored if refined is None else np.flatnonzero(np.isin(known, refined))
        fitted = sample if refined is None else sample.take(genes=chosen)
        refinement = fit_beyond(fitted, levels[chosen], basis)
        if (projection := refinement.projection) is not None:
            refinement = replace(refinement, projection=replace(projection, genes=known[projection.genes]))
        return replace(nothing, factors=factors, refinement=refinement.over(known[chosen], len(factors)), part=far)


def begin_calibration(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    measured: NDArray[np.bool_],
    meaning: Literal["expected", "expressed"],
    predicted: NDArray[np.float32] | None = None,
    workers: int = 1,
) -> Begun:
    """Predict at most `MAX_CELLS` cells to fit a calibration on.

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
    predicted
        What the graph says of the cells, cells x outputs, where that is known already.
    workers
        Threads to use; of no effect on values.
    """
    drawn, shallow = draw_cells(cells)
    factors = np.ones(len(targets), dtype=np.float32)
    nothing = Calibration(factors=factors, refinement=None, part="none", cells=len(drawn), shallow_below=shallow)
    known, sample = np.flatnonzero(measured), None
    if len(drawn) and len(known):
        sample = take_sample(
            network,
            cells.take(drawn),
            targets[known],
            known,
            nonzero_only=meaning != "expected",
            predicted=None if predicted is None else predicted[drawn],
            workers=workers,
        )
    return Begun(nothing=nothing, known=known, sample=sample, meaning=meaning)


def calibrate(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    measured: NDArray[np.bool_],
    meaning: Literal["expected", "expressed"],
    part: Reach | None = None,
    refined: NDArray[np.intp] | None = None,
    predicted: NDArray[np.float32] | None = None,
    workers: int = 1,
) -> Calibration:
    """Fit a calibration on at most `MAX_CELLS` cells: see `begin_calibration`, and `Begun.fit`."""
    begun = begin_calibration(
        network,
        cells,
        targets=targets,
        measured=measured,
        meaning=meaning,
        predicted=predicted,
        workers=workers,
    )
    return begun.fit(part=part, refined=refined)


def calibrate_alike(
    network: Network,
    cells: ModelCells,
    *,
    targets: NDArray[np.intp],
    genes: NDArray[np.intp],
    projection: Projection,
    predicted: NDArray[np.float32] | None = None,
    workers: int = 1,
) -> Calibration:
    """Fit a calibration of some genes by the scores of another one on the same cells.

    Parameters
    ----------
    network, cells, targets, predicted, workers
        See `begin_calibration`.
    genes
        The columns of the graph's output that are corrected; the dataset has all of them.
    projection
        The scores of the other one.
    """
    drawn, shallow = draw_cells(cells)
    some = cells.take(drawn)
    sample = take_sample(
        network,
        some,
        targets[genes],
        genes,
        nonzero_only=False,
        predicted=None if predicted is None else predicted[drawn],
        workers=workers,
    )
    factors = np.ones(len(targets), dtype=np.float32)
    factors[genes] = levels = fit_levels(sample)
    basis = depth_alone(some.size_factors)
    scores = projection.scores(some.counts[:, targets[projection.genes]], basis.depth)
    refinement = fit_beyond(sample, levels, replace(basis, projection=projection, scores=scores))
    return Calibration(
        factors=factors,
        refinement=refinement.over(genes, len(targets)),
        part="scores",
        cells=len(drawn),
        shallow_below=shallow,
    )
