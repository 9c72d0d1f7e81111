"""Cells of a dataset in the genes of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.counts.size_factors import size_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import GeneIndex
    from cellfill.genes.alignment import Alignment


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
    return map_columns(alignment.gene_of_column, alignment.column_of_gene >= 0, genes, inputs=inputs)


def map_columns(
    gene_of_column: NDArray[np.intp], measured: NDArray[np.bool_], genes: GeneIndex, *, inputs: NDArray[np.intp]
) -> GeneMap:
    """Return where columns go of which the genes are known.

    Parameters
    ----------
    gene_of_column, measured
        See `GeneMap`.
    genes, inputs
        See `map_genes`.
    """
    position = np.full(len(genes) + 1, -1, dtype=np.intp)  # the last one is that of no gene
    position[inputs] = np.arange(len(inputs))
    fill = np.where(measured, 0.0, genes.column("neutral"))[inputs]
    return GeneMap(
        gene_of_column=gene_of_column,
        input_of_column=position[gene_of_column],
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
