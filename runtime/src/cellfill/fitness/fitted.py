"""A model applied to cells of which some counts are hidden, exactly as it is when it imputes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.calibration.calibrate import calibrate
from cellfill.calibration.corrections import Calibration, Part
from cellfill.network.predict import check_values, predict_blocks
from cellfill.options.running import BLOCK_SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.fitness.space import Space
    from cellfill.network.cells import InputCells, ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]


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
    """A model and its calibration on some cells."""

    space: Space
    cells: ModelCells
    network: Network
    calibration: Calibration | None

    def means(self) -> Iterator[Means]:
        """Yield what it says, block by block."""
        space, calibration = self.space, self.calibration
        targets = space.network.targets
        blocks = predict_blocks(self.network, self.cells, block_size=BLOCK_SIZE, workers=space.workers)
        for rows, mean in blocks:
            plain = np.take(mean, space.outputs, axis=1)
            if calibration is None:
                yield Means(rows=rows, plain=plain, level=plain, calibrated=plain)
                continue
            level = plain * calibration.factors[space.outputs]
            corrected = calibration.correct(
                mean, self.cells.counts[rows][:, targets], self.cells.size_factors[rows]
            )
            calibrated = np.take(corrected, space.outputs, axis=1)
            check_values(calibrated, "gives, corrected on these cells,")
            yield Means(rows=rows, plain=plain, level=level, calibrated=calibrated)


def fit(
    space: Space,
    counts: csr_matrix,
    *,
    calibrated: bool,
    meaning: Literal["expected", "expressed"],
    part: Part | None = None,
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
    cells, calibration = space.cells(counts), None
    if calibrated:
        calibration = calibrate(
            space.network,
            cells,
            targets=space.network.targets,
            measured=space.measured,
            meaning=meaning,
            part=part,
            workers=space.workers,
        )
    return Fitted(space=space, cells=cells, network=space.network, calibration=calibration)


def fit_alone(space: Space, counts: csr_matrix, judged: NDArray[np.intp]) -> Fitted:
    """Fit what these cells teach without any model: the calibration of a constant.

    The same regressions as a calibration's, on the cells' own scores, from each gene's mean in these cells instead
    of a model's. What a model is worth is what it knows beyond it.

    Parameters
    ----------
    space
        The cells, and the model, of which the genes alone are used.
    counts
        Cells x model genes, what is not hidden.
    judged
        The genes to fit, as places among the judged genes; the scores are made of all.
    """
    cells = space.cells(counts)
    constant: Any = _Constant(space, cells)
    calibration = calibrate(
        constant,
        cells,
        targets=constant.targets,
        measured=space.measured,
        meaning="expected",
        part="scores",
        refined=space.outputs[judged],
        workers=space.workers,
    )
    return Fitted(space=space, cells=cells, network=constant, calibration=calibration)


class _Constant:
    """Stands in a network's place: says of every cell the mean of all, times its size factor."""

    def __init__(self, space: Space, cells: ModelCells) -> None:
        self.inputs, self.targets = space.network.inputs, space.network.targets
        self._mean = gene_means(cells, cells.counts[:, self.targets]).astype(np.float32)

    def predict(self, _counts: Float32, size_factors: Float32) -> Float32:
        """Return size factor x gene mean."""
        return size_factors[:, None] * self._mean


def gene_means(cells: InputCells, observed: csr_matrix) -> NDArray[np.float64]:
    """Return the mean count of each gene in a cell of size factor 1, half a count added: the constant to beat."""
    totals = np.asarray(observed.sum(axis=0, dtype=np.float64)).ravel()
    means: NDArray[np.float64] = (totals + 0.5) / max(float(cells.size_factors.sum(dtype=np.float64)), 1e-9)
    return means
