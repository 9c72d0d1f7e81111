"""A model applied to cells of which some counts are hidden, exactly as it is when it imputes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from cellfill.calibration.calibrate import calibrate, calibrate_alike
from cellfill.calibration.corrections import Calibration, Reach
from cellfill.network.blocks import blocks_of
from cellfill.network.predict import check_values, predict_blocks
from cellfill.options.running import BLOCK_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.fitness.space import Space
    from cellfill.network.cells import InputCells, ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]

Result = TypeVar("Result")

# What a graph says of some cells is asked for twice: to calibrate it, and to be judged. Up to so much it is kept.
_KEPT_BYTES = 64 << 20
# Cells judged at a time where it is kept: their values stay in a core's cache from step to step.
_CELLS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a model says of a block of cells, cells x the judged genes, in counts.

    Attributes
    ----------
    rows
        Which cells.
    plain
        The graph's own counts.
    level
        The same, each gene's level corrected on these cells: what the model knows of the differences between them.
    calibrated
        With all of the calibration: what imputing gives.
    """

    rows: slice
    plain: Float32
    level: Float32
    calibrated: Float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model and its calibration on some cells.

    Attributes
    ----------
    space, cells
        The cells, whole and without what is hidden.
    network
        The open graph, or what stands in its place.
    calibration
        Of its counts; None where there is none.
    predicted
        What the graph says of the cells, cells x outputs, where that was worth keeping.
    """

    space: Space
    cells: ModelCells
    network: Network
    calibration: Calibration | None
    predicted: Float32 | None

    def means(self, judged: NDArray[np.intp] | None = None) -> Iterator[Means]:
        """Yield what it says, block by block.

        Parameters
        ----------
        judged
            Only of these, as places among the judged genes; of all by default.
        """
        read = self._reader(judged)
        for rows, mean in self._blocks():
            yield read(rows, mean)

    def each(self, work: Callable[[Means], Result], judged: NDArray[np.intp] | None = None) -> Iterator[Result]:
        """Yield what some work makes of each block, in their order; several at once where the graph is done."""
        read = self._reader(judged)
        if self.predicted is None or self.space.workers == 1:
            yield from (work(read(rows, mean)) for rows, mean in self._blocks())
            return
        with ThreadPoolExecutor(self.space.workers) as pool:
            yield from pool.map(lambda block: work(read(*block)), self._blocks())

    def _reader(self, judged: NDArray[np.intp] | None) -> Callable[[slice, Float32], Means]:
        """Return what makes means of a block of the graph's counts."""
        outputs, calibration = self.space.outputs, self.calibration
        if judged is not None:
            outputs = outputs[judged]
        if calibration is None:

            def as_said(rows: slice, mean: Float32) -> Means:
                plain = np.take(mean, outputs, axis=1)
                return Means(rows=rows, plain=plain, level=plain, calibrated=plain)

            return as_said
        correct = calibration.take(outputs)
        scored = self.cells.counts[:, self.space.network.targets[calibration.score_genes]]

        def corrected(rows: slice, mean: Float32) -> Means:
            plain = np.take(mean, outputs, axis=1)
            calibrated = correct.correct(plain, scored[rows], self.cells.size_factors[rows])
            check_values(calibrated, "gives, corrected on these cells,")
            return Means(rows=rows, plain=plain, level=plain * correct.factors, calibrated=calibrated)

        return corrected

    def _blocks(self) -> Iterator[tuple[slice, Float32]]:
        if self.predicted is None:
            yield from predict_blocks(self.network, self.cells, block_size=BLOCK_SIZE, workers=self.space.workers)
            return
        for rows in blocks_of(len(self.predicted), _CELLS):
            yield rows, self.predicted[rows]


def fit(
    space: Space,
    counts: csr_matrix,
    *,
    calibrated: bool,
    meaning: Literal["expected", "expressed"],
    part: Reach | None = None,
) -> Fitted:
    """Fit the model's calibration on cells with some counts hidden.

    Parameters
    ----------
    space
        The model and the cells.
    counts
        Cells x model genes, what is not hidden.
    calibrated
        Whether the model is calibrated at all.
    meaning
        What the graph's output means.
    part
        How far the calibration goes; found on these cells by default.
    """
    cells, calibration, predicted = space.cells(counts), None, None
    if calibrated:
        predicted = _predict_few(space, cells)
        calibration = calibrate(
            space.network,
            cells,
            targets=space.network.targets,
            measured=space.measured,
            meaning=meaning,
            part=part,
            predicted=predicted,
            workers=space.workers,
        )
    return Fitted(space=space, cells=cells, network=space.network, calibration=calibration, predicted=predicted)


def _few(space: Space, cells: ModelCells) -> bool:
    return bool(cells.counts.shape[0] * len(space.network.targets) * 4 <= _KEPT_BYTES)


def _predict_few(space: Space, cells: ModelCells) -> Float32 | None:
    """Return what the graph says of cells that are few enough for all of it to be kept, else None."""
    if not _few(space, cells):
        return None
    predicted = np.empty((cells.counts.shape[0], len(space.network.targets)), dtype=np.float32)
    for rows, block in predict_blocks(space.network, cells, block_size=BLOCK_SIZE, workers=space.workers):
        predicted[rows] = block
    return predicted


def fit_alone(space: Space, judged: NDArray[np.intp], fitted: Fitted) -> Fitted:
    """Fit what these cells teach without any model: the calibration of a constant.

    The same regressions as a calibration's, on the cells' own scores, from each gene's mean in these cells instead
    of a model's. What a model is worth is what it knows beyond it.

    Parameters
    ----------
    space
        The cells, and the model, of which the genes alone are used.
    judged
        The genes to fit, as places among the judged genes; the scores are made of all.
    fitted
        The model on the same cells, with the same counts hidden: scores are made of counts alone, and are taken
        from it where it has them.
    """
    cells, outputs = fitted.cells, space.outputs[judged]
    constant: Any = _Constant(space, cells)
    predicted = constant.predict(None, cells.size_factors) if _few(space, cells) else None
    known = None if fitted.calibration is None else fitted.calibration.refinement
    if known is not None and known.projection is not None:
        calibration = calibrate_alike(
            constant,
            cells,
            targets=constant.targets,
            genes=np.sort(outputs),
            projection=known.projection,
            predicted=predicted,
            workers=space.workers,
        )
    else:
        calibration = calibrate(
            constant,
            cells,
            targets=constant.targets,
            measured=space.measured,
            meaning="expected",
            part="scores",
            refined=outputs,
            predicted=predicted,
            workers=space.workers,
        )
    return Fitted(space=space, cells=cells, network=constant, calibration=calibration, predicted=predicted)


class _Constant:
    """Stands in a network's place: says of every cell the mean of all, times its size factor."""

    def __init__(self, space: Space, cells: ModelCells) -> None:
        self.inputs, self.targets = space.network.inputs, space.network.targets
        self._mean = gene_means(cells, cells.counts[:, self.targets]).astype(np.float32)

    def predict(self, _counts: Float32 | None, size_factors: Float32) -> Float32:
        """Return size factor x gene mean."""
        return size_factors[:, None] * self._mean


def gene_means(cells: InputCells, observed: csr_matrix) -> NDArray[np.float64]:
    """Return the mean count of each gene in a cell of size factor 1, half a count added: the constant to beat."""
    totals = np.asarray(observed.sum(axis=0, dtype=np.float64)).ravel()
    means: NDArray[np.float64] = (totals + 0.5) / max(float(cells.size_factors.sum(dtype=np.float64)), 1e-9)
    return means
