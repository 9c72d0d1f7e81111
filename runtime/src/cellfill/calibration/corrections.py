"""What a dataset taught about a model, and how a block of predicted counts is corrected by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.calibration.regression import Coefficients
    from cellfill.calibration.scores import Projection

    Float32 = NDArray[np.float32]

# How far a calibration goes; each includes those before it.
Part = Literal["none", "level", "contrast", "scores"]
PARTS: tuple[Part, ...] = get_args(Part)
# The same, or what finds it, where that is done beside other work: asked once it is needed.
Reach: TypeAlias = "Part | Callable[[], Part]"

_LEAST_DEPTH = 0.05


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

    def correct(
        self, mean: Float32, counts: Float32 | csr_matrix, size_factors: Float32, *, out: Float32 | None = None
    ) -> Float32:
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
        out
            Where the result is written, such as ``mean``; a new array by default.
        """
        if self.refinement is None:
            return np.multiply(mean, self.factors, out=out)
        return self.refinement.correct(mean, counts, size_factors, out=out)

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

    def correct(
        self, mean: Float32, counts: Float32 | csr_matrix, size_factors: Float32, *, out: Float32 | None = None
    ) -> Float32:
        """Correct a block, as in `Calibration.correct`."""
        depth = depth_of(size_factors, self.scale)
        design = [np.ones((len(depth), 1), dtype=np.float32), np.log(depth)[:, None]]
        if self.projection is not None:
            design.append(self.projection.scores(counts, depth))
        return self.coefficients.correct(mean, np.concatenate(design, axis=1), out=out)

    def over(self, genes: NDArray[np.intp], width: int) -> Refinement:
        """Return the same for all columns of a graph's output, of which these are ``genes``; the others stay."""
        place = np.full(width, -1, dtype=np.intp)
        place[genes] = np.arange(len(genes))
        return replace(self, coefficients=self.coefficients.take(place))


def depth_of(size_factors: Float32, scale: float) -> Float32:
    """Return the size factors of cells over the usual one, but for droplets nearly without counts."""
    depth: Float32 = np.maximum(size_factors / np.float32(scale), np.float32(_LEAST_DEPTH))
    return depth
