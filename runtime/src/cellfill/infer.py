"""Bring cells into the genes of a model, and run the model over them in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.counts import select_columns
from cellfill.errors import BundleError
from cellfill.size_factors import size_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.alignment import Alignment
    from cellfill.bundle import GeneIndex
    from cellfill.session import Network

# 64 to 1,024 cells a block run at one speed on a CPU; smaller blocks are slower, larger ones leave the cache.
BLOCK_SIZE = 256
# Beyond all counts; the sum of the squares of less, over all cells of a calibration, is finite in float32.
_MOST = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCells:
    """Cells of a dataset, in the genes that a model reads.

    Attributes
    ----------
    inputs
        Cells x input genes of the model, CSR; genes that the dataset lacks are empty columns. Columns of the
        dataset that are one gene are several entries, to be summed.
    fill
        What the graph is given for each input gene in a cell of size factor 1: the gene's neutral count
        where the dataset lacks it, else 0.
    size_factors
        One a cell; 0 for a cell without counts in the shared genes.
    """

    inputs: csr_matrix
    fill: NDArray[np.float32]
    size_factors: NDArray[np.float32]

    def rows(self, cells: slice) -> InputCells:
        """Return some of the cells."""
        return InputCells(inputs=self.inputs[cells], fill=self.fill, size_factors=self.size_factors[cells])


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCells(InputCells):
    """Cells of a dataset, in all genes of a model.

    Attributes
    ----------
    counts
        Cells x model genes, CSR, as `InputCells.inputs`.
    """

    counts: csr_matrix

    def take(self, cells: NDArray[np.intp] | slice) -> ModelCells:
        """Return some of the cells."""
        return ModelCells(
            counts=self.counts[cells],
            inputs=self.inputs[cells],
            fill=self.fill,
            size_factors=self.size_factors[cells],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneMap:
    """Where each column of a dataset goes in a model; made once, used for every block.

    Attributes
    ----------
    gene_of_column, input_of_column
        For every column of the dataset its gene's row in the gene index, and its place among the graph's
        inputs; -1 for none.
    genes, inputs
        Number of genes and of input genes of the model.
    fill
        See `InputCells`.
    means
        Mean count of each model gene in a training cell of size factor 1.
    measured
        Which model genes the dataset has.
    """

    gene_of_column: NDArray[np.intp]
    input_of_column: NDArray[np.intp]
    genes: int
    inputs: int
    fill: NDArray[np.float32]
    means: NDArray[np.float64]
    measured: NDArray[np.bool_]

    def input_cells(self, counts: csr_matrix) -> InputCells:
        """Bring counts (cells x the dataset's genes) into the genes that the model reads."""
        return InputCells(
            inputs=select_columns(counts, self.input_of_column, self.inputs),
            fill=self.fill,
            size_factors=size_factors(counts, self.means, self.measured, gene_of_column=self.gene_of_column),
        )

    def cells(self, counts: csr_matrix) -> ModelCells:
        """Bring counts (cells x the dataset's genes) into the genes of the model."""
        read = self.input_cells(counts)
        return ModelCells(
            counts=select_columns(counts, self.gene_of_column, self.genes),
            inputs=read.inputs,
            fill=read.fill,
            size_factors=read.size_factors,
        )


def map_genes(alignment: Alignment, genes: GeneIndex, *, inputs: NDArray[np.intp]) -> GeneMap:
    """Return where the columns of an aligned dataset go.

    Parameters
    ----------
    alignment, genes
        Of the dataset, and of the model.
    inputs
        Rows of the gene index that the graph reads, in its order.
    """
    measured = alignment.column_of_gene >= 0
    position = np.full(len(genes) + 1, -1, dtype=np.intp)  # the last one is that of no gene
    position[inputs] = np.arange(len(inputs))
    fill = np.where(measured, 0.0, genes.column("neutral"))[inputs]
    return GeneMap(
        gene_of_column=alignment.gene_of_column,
        input_of_column=position[alignment.gene_of_column],
        genes=len(genes),
        inputs=len(inputs),
        fill=fill.astype(np.float32),
        means=genes.column("mean"),
        measured=measured,
    )


def stack_cells(parts: Sequence[ModelCells]) -> ModelCells:
    """Put cells of one dataset together."""
    from scipy import sparse

    if len(parts) == 1:
        return parts[0]
    return ModelCells(
        counts=sparse.vstack([p.counts for p in parts], format="csr"),
        inputs=sparse.vstack([p.inputs for p in parts], format="csr"),
        fill=parts[0].fill,
        size_factors=np.concatenate([p.size_factors for p in parts]),
    )


def predict(network: Network, cells: InputCells) -> NDArray[np.float32]:
    """Return the graph's counts for a block, cells x target genes.

    A cell without counts in the shared genes gets zeros: the model knows nothing of it.

    Raises
    ------
    BundleError
        When what the graph gives for any other is no count.
    """
    factors = cells.size_factors
    empty = factors == 0
    safe = np.where(empty, np.float32(1), factors)
    block = cells.inputs.toarray()
    missing = np.flatnonzero(cells.fill)
    block[:, missing] = safe[:, None] * cells.fill[missing]
    result = network.predict(block, safe)
    if empty.any():
        result[empty] = 0
    check_values(result, "gives")
    return result


def check_values(values: NDArray[np.floating[Any]], verb: str) -> None:
    """Refuse what no imputed count can be: values that are undefined, below 0, or infinite or beyond all counts.

    Parameters
    ----------
    values
        Imputed counts, of any shape.
    verb
        What the model does with them, for the message.

    Raises
    ------
    BundleError
        Where there is one.
    """
    if values.size and not (values.min() >= 0 and values.max() <= _MOST):  # both are undefined if any is
        wrong = values.size - int(((values >= 0) & (values <= _MOST)).sum())
        raise BundleError(
            f"The model {verb} {wrong:,} of {values.size:,} values in a block of {len(values):,} cells that are "
            "undefined, below 0 or beyond all counts. It is damaged, or was not made for such cells: use another."
        )


def predict_blocks(
    network: Network, cells: InputCells, *, block_size: int = BLOCK_SIZE, workers: int = 1
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield, block by block, the rows and the graph's counts for them (cells x target genes)."""
    blocks = [slice(start, start + block_size) for start in range(0, len(cells.size_factors), block_size)]
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda rows: predict(network, cells.rows(rows)), blocks)
        yield from zip(blocks, results, strict=True)
