"""Newton's steps of many regressions at once, in memory that is used again from block to block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.buffers import Buffers
from cellfill.calibration.priors import root_dispersion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

CHANGE_LIMIT = 3.0
LEAST_MEAN = np.float32(1e-9)

_RATE_LIMIT = 4.0
_STEP_LIMIT = 0.7
_SLOPES = (-1.0, 0.5)


def contrast(mean: Float32, depth: Float32, out: Float32) -> tuple[Float32, Float64]:
    """Return each gene's centred log rates, genes x cells, and the centres, which are weighted by the means.

    Parameters
    ----------
    mean
        Genes x cells.
    depth
        Size factor of each cell.
    out
        Where the rates are written.
    """
    rates = np.divide(mean, depth, out=out)
    np.log(np.maximum(rates, LEAST_MEAN, out=rates), out=rates)
    centres = np.einsum("gc,gc->g", mean, rates) / np.maximum(mean.sum(axis=1), LEAST_MEAN)
    rates -= centres[:, None]
    return np.clip(rates, -_RATE_LIMIT, _RATE_LIMIT, out=rates), centres


class Solver:
    """Newton's steps for blocks of genes, with what all blocks share.

    Parameters
    ----------
    depth
        Size factor of each cell, one on average.
    design
        Cells x (1 + scores): ones, and the scores.
    penalty
        Weight of zero of each coefficient: constant, scores, slope.
    """

    def __init__(self, depth: Float32, design: Float32, penalty: Float64) -> None:
        self._depth, self._design, self._penalty = depth, design, penalty
        rows, columns = np.triu_indices(design.shape[1])
        # Where in a matrix of coefficients x coefficients each product belongs, and the same mirrored.
        side = design.shape[1] + 1
        self._upper, self._lower = rows * side + columns, columns * side + rows
        self._products = design[:, rows] * design[:, columns]
        self._across = np.ascontiguousarray(design.T)
        self._buffers = Buffers()

    def solve(self, mean: Float32, counts: Float32, *, steps: int) -> tuple[Float64, Float64, Float64]:
        """Fit a block of genes.

        Parameters
        ----------
        mean, counts
            Genes x cells.
        steps
            How many.

        Returns
        -------
        Coefficients, genes x (1 + scores + slope); the centres of the log rates; and the corrected totals.
        """
        genes, width = len(mean), self._design.shape[1]
        rates, work, now = (self._buffers.take(name, *mean.shape) for name in ("rates", "work", "now"))
        noise = root_dispersion(mean, np.subtract(counts, mean, out=work))
        rates, centres = contrast(mean, self._depth, out=rates)
        # A gradient is what was counted less what is said, and what is said is among the products below: those with
        # the constant.
        counted, counted_slope = counts @ self._design, np.einsum("gc,gc->g", counts, rates)
        found = self._buffers.take("found", genes, len(self._upper))
        hessian, gradient = np.empty((genes, width + 1, width + 1)), np.empty((genes, width + 1))
        entries, diagonal = hessian.reshape(genes, -1), np.arange(width + 1)
        solution, said = np.zeros((genes, width + 1)), mean
        for _ in range(steps):
            np.matmul(said, self._products, out=found)
            entries[:, self._upper] = found
            entries[:, self._lower] = found
            sloped = np.multiply(said, rates, out=work) @ self._design
            hessian[:, width, :width] = hessian[:, :width, width] = sloped
            hessian[:, width, width] = np.einsum("gc,gc->g", work, rates)
            np.subtract(counted, found[:, :width], out=gradient[:, :width])
            np.subtract(counted_slope, sloped[:, 0], out=gradient[:, width])
            gradient /= noise[:, None]
            gradient -= self._penalty * solution
            hessian /= noise[:, None, None]
            hessian[:, diagonal, diagonal] += self._penalty
            step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
            solution += np.clip(step, -_STEP_LIMIT, _STEP_LIMIT)
            solution[:, width] = np.clip(solution[:, width], *_SLOPES)
            np.matmul(solution[:, :width].astype(np.float32), self._across, out=now)
            now += np.multiply(rates, solution[:, width, None].astype(np.float32), out=work)
            np.exp(np.clip(now, -CHANGE_LIMIT, CHANGE_LIMIT, out=now), out=now)
            said = np.multiply(now, mean, out=now)
        return solution, centres, said.sum(axis=1, dtype=np.float64)
