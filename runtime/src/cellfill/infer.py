"""Run a model over cells in blocks: prepare what the graph reads, yield what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.counts import remap_columns
from cellfill.size_factors import size_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.align import Alignment
    from cellfill.bundle import GeneIndex
    from cellfill.session import Network

# 64 to 1,024 cells a block run at one speed on a CPU; smaller blocks are slower, larger ones leave the cache.
BLOCK_SIZE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCells:
    """The cells of a dataset, in the genes of a model.

    Attributes
    ----------
    counts
        Cells x model genes, CSR; genes that the dataset lacks are empty columns.
    inputs
        Cells x input genes of the model, CSR.
    fill
        What the graph is given for each input gene in a cell of size factor 1: the gene's neutral count
        where the dataset lacks it, else 0.
    size_factors
        One a cell; 0 for a cell without counts in the shared genes.
    """

    counts: csr_matrix
    inputs: csr_matrix
    fill: NDArray[np.float32]
    size_factors: NDArray[np.float32]

    def take(self, cells: NDArray[np.intp]) -> ModelCells:
        """Return some of the cells."""
        return ModelCells(
            counts=self.counts[cells],
            inputs=self.inputs[cells],
            fill=self.fill,
            size_factors=self.size_factors[cells],
        )


def model_cells(counts: csr_matrix, alignment: Alignment, genes: GeneIndex) -> ModelCells:
    """Bring a dataset's counts (cells x its genes) into the genes of a model."""
    measured = alignment.column_of_gene >= 0
    of_model = remap_columns(counts, alignment.gene_of_column, len(genes))
    position = np.full(len(genes), -1, dtype=np.intp)
    position[genes.inputs] = np.arange(len(genes.inputs))
    fill = np.where(measured, 0.0, genes.column("neutral"))[genes.inputs]
    return ModelCells(
        counts=of_model,
        inputs=remap_columns(of_model, position, len(genes.inputs)),
        fill=fill.astype(np.float32),
        size_factors=size_factors(of_model, genes.column("mean"), measured),
    )


def predict_blocks(
    network: Network, cells: ModelCells, *, block_size: int = BLOCK_SIZE
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield, block by block, the rows and the graph's counts for them (cells x target genes).

    A cell without counts in the shared genes gets zeros: the model knows nothing of it.
    """
    for start in range(0, cells.inputs.shape[0], block_size):
        rows = slice(start, start + block_size)
        factors = cells.size_factors[rows]
        empty = factors == 0
        safe = np.where(empty, np.float32(1), factors)
        block = cells.inputs[rows].toarray()
        missing = np.flatnonzero(cells.fill)
        block[:, missing] = safe[:, None] * cells.fill[missing]
        result = network.predict(block, safe)
        if empty.any():
            result[empty] = 0
        yield rows, result
