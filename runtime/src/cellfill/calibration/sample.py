"""The cells of a new dataset that a calibration is fitted on: drawn, bounded, gene by gene."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from cellfill.calibration.buffers import Buffers
from cellfill.network.predict import predict_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.network.cells import ModelCells
    from cellfill.network.session import Network

    Float32 = NDArray[np.float32]

Result = TypeVar("Result")

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
# A block of genes: 256 of 4,096 cells, whose matrices take 4 MB each, and more of fewer cells.
_GENES = 256
_ENTRIES = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Means and counts of some cells, genes x cells, since every gene is fitted on its own.

    Attributes
    ----------
    mean
        The graph's counts, float32.
    counts
        The observed counts, CSR.
    size_factors
        One a cell.
    workers
        Threads that share the blocks of genes; of no effect on values.
    """

    mean: Float32
    counts: csr_matrix
    size_factors: Float32
    workers: int = 1

    def each(
        self,
        work: Callable[[NDArray[np.intp], Float32, Float32], Result],
        *,
        factors: NDArray[np.float64] | None = None,
        genes: NDArray[np.intp] | None = None,
    ) -> list[Result]:
        """Do something with every block of genes; several at once.

        Parameters
        ----------
        work
            Takes which genes, their means (times a factor a gene) and their counts, dense. Both are its own to
            write in, until it returns: the next block lies in the same memory.
        factors
            One a gene; none by default.
        genes
            Which genes; all by default.
        """
        chosen = np.arange(len(self.mean)) if genes is None else genes
        buffers, number = Buffers(), max(_GENES, _ENTRIES // max(self.mean.shape[1], 1))

        def do(start: int) -> Result:
            part = chosen[start : start + number]
            mean, counts = (buffers.take(name, len(part), self.mean.shape[1]) for name in ("mean", "counts"))
            np.take(self.mean, part, axis=0, out=mean)
            if factors is not None:
                mean *= factors[part, None].astype(np.float32)
            return work(part, mean, self.counts[part].toarray(out=counts))

        starts = range(0, len(chosen), number)
        if self.workers == 1 or len(starts) == 1:
            return [do(start) for start in starts]
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(do, starts))

    def take(self, cells: slice = slice(None), genes: slice | NDArray[np.intp] = slice(None)) -> Sample:
        """Return some genes of some cells."""
        return Sample(
            mean=np.ascontiguousarray(self.mean[genes, cells]),
            counts=self.counts[genes, cells],
            size_factors=self.size_factors[cells],
            workers=self.workers,
        )

    def totals(self) -> NDArray[np.float64]:
        """Return the counts of each gene."""
        return np.asarray(self.counts.sum(axis=1, dtype=np.float64)).ravel()


def draw_cells(cells: ModelCells) -> tuple[NDArray[np.intp], float]:
    """Draw cells to fit on, and say below which size factor a cell is too shallow.

    They are drawn, and put in order, by a hash of their counts: the order of the dataset changes nothing.
    """
    return draw_usual(cells.counts, cells.size_factors, least=_DROPLET_DEPTH, most=MAX_CELLS)


def draw_usual(
    counts: csr_matrix, depth: NDArray[np.floating[Any]], *, least: float, most: int
) -> tuple[NDArray[np.intp], float]:
    """Draw cells of a usual depth by a hash of their counts, and say below which depth a cell is too shallow.

    Parameters
    ----------
    counts
        Cells x genes.
    depth
        One a cell, in any unit: size factors, or counts.
    least
        Below this it is no cell.
    most
        Cells to draw.

    Returns
    -------
    Rows, in an order that the dataset's has no part in, and the least depth of a cell.
    """
    droplets = depth < least
    usual = float(np.median(depth[~droplets])) if not droplets.all() else 0.0
    kept = np.flatnonzero(~droplets & (depth >= usual / _DEPTH_RANGE) & (depth <= usual * _DEPTH_RANGE))
    weights = np.random.default_rng(0).random(counts.shape[1])
    key = np.asarray(counts[kept] @ weights) * 1e3 % 1.0
    return kept[np.argsort(key, kind="stable")][:most], max(least, usual / _DEPTH_RANGE)


def take_sample(
    network: Network,
    cells: ModelCells,
    genes: NDArray[np.intp],
    measured: NDArray[np.intp],
    *,
    nonzero_only: bool,
    predicted: Float32 | None = None,
    workers: int = 1,
) -> Sample:
    """Predict some cells, and bound what a single one of them can say.

    Parameters
    ----------
    network, cells
        The model, and the cells to fit on.
    genes
        Target genes to fit, as rows of the gene index.
    measured
        The same, as columns of the graph's output.
    nonzero_only
        Leave out the means of entries without a count.
    predicted
        What the graph says of the cells, cells x outputs, where that is known.
    workers
        Threads to use, here and in what is fitted.
    """
    mean = np.empty((len(genes), len(cells.size_factors)), dtype=np.float32)
    if predicted is not None:
        mean[:] = predicted[:, measured].T
    else:
        for rows, block in predict_blocks(network, cells, workers=workers):
            mean[:, rows] = block[:, measured].T
    counts = cells.counts[:, genes].T.tocsr().astype(np.float32)
    counts.sum_duplicates()
    sample = Sample(mean=mean, counts=counts, size_factors=cells.size_factors, workers=workers)

    def bound(part: NDArray[np.intp], predicted: Float32, observed: Float32) -> None:
        if nonzero_only:
            np.multiply(predicted, observed > 0, out=predicted)
        limited = _limit_shares(predicted, observed)
        if limited or nonzero_only:
            mean[part] = predicted
        if limited:
            first, last = int(part[0]), int(part[-1]) + 1
            entries = slice(counts.indptr[first], counts.indptr[last])
            gene = np.repeat(np.arange(len(observed)), np.diff(counts.indptr[first : last + 1]))
            counts.data[entries] = observed[gene, counts.indices[entries]]

    sample.each(bound)
    return sample


def _limit_shares(mean: Float32, counts: Float32) -> bool:
    """Weigh down, in place, the entries in which one cell makes up too much of a gene (genes x cells).

    Counts and means get one weight, so that a rare cell that the model knows still agrees with it, and a freak
    of which it knows nothing, or says something absurd, does not set the level for all.

    Returns
    -------
    Whether there were any.
    """
    share = max(_LARGEST_SHARE, _LARGEST_SHARE_CELLS / counts.shape[1])
    if share >= 1:
        return False
    # Most genes have no entry beyond what is free, and need no second look.
    some = np.flatnonzero(np.maximum(mean.max(axis=1), counts.max(axis=1)) > _SHARE_FREE_COUNTS)
    if len(some) == 0:
        return False
    larger = np.maximum(mean[some], counts[some])
    limit = np.full((len(some), 1), np.inf, dtype=np.float32)
    for _ in range(3):  # the limit falls with the total that it limits
        total = np.minimum(larger, limit).sum(axis=1, dtype=np.float64)
        limit = np.maximum(share * total, _SHARE_FREE_COUNTS).astype(np.float32)[:, None]
    gene, cell = np.nonzero(larger > limit)
    weight = limit[gene, 0] / larger[gene, cell]
    mean[some[gene], cell] *= weight
    counts[some[gene], cell] *= weight
    return len(gene) > 0
