"""A sample of a dataset's cells in the genes of a model, from which counts can be hidden and put in again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.sample import draw_cells
from cellfill.counts.matrix import select_columns
from cellfill.network.cells import GeneMap, ModelCells

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.network.session import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Cells of a dataset in a model's genes.

    Attributes
    ----------
    network
        The open graph, whole.
    counts
        Cells x model genes, raw counts, float32, canonical CSR.
    gene_map
        Where each model gene goes; a gene map from the model to itself.
    measured
        Which of the graph's output genes the dataset has.
    outputs
        The output genes that are judged, as columns of the graph's output.
    drawn
        Of each cell its place among those that it was drawn from.
    workers
        Threads to use; of no effect on values.
    """

    network: Network
    counts: csr_matrix
    gene_map: GeneMap
    measured: NDArray[np.bool_]
    outputs: NDArray[np.intp]
    drawn: NDArray[np.intp]
    workers: int

    @property
    def columns(self) -> NDArray[np.intp]:
        """The judged genes, as columns of ``counts``."""
        return self.network.targets[self.outputs]

    @property
    def size_factors(self) -> NDArray[np.float32]:
        """One a cell, of ``counts``."""
        return self.cells(self.counts).size_factors

    def cells(self, counts: csr_matrix) -> ModelCells:
        """Return the same cells with other counts, such as those with some hidden."""
        return self.gene_map.cells(counts)

    def observed(self, counts: csr_matrix) -> csr_matrix:
        """Return the columns of the judged genes, in their order; canonical where ``counts`` are."""
        place = np.full(counts.shape[1], -1, dtype=np.intp)
        place[self.columns] = np.arange(len(self.outputs))
        columns = select_columns(counts, place, len(self.outputs))
        columns.sort_indices()
        return columns


def make_space(
    network: Network,
    gene_map: GeneMap,
    cells: ModelCells,
    *,
    outputs: NDArray[np.intp],
    most: int,
    workers: int,
) -> Space:
    """Draw cells, and bring them into the model's genes.

    Parameters
    ----------
    network
        The open graph, whole.
    gene_map
        Of the dataset.
    cells
        Cells of the dataset.
    outputs
        The output genes to judge, as columns of the graph's output.
    most
        How many cells are drawn at most; as for a calibration, empty droplets and freaks are left out.
    workers
        Threads to use.
    """
    drawn, _ = draw_cells(cells)
    drawn = drawn[:most]
    return space_of(network, gene_map, cells.counts[drawn], outputs=outputs, drawn=drawn, workers=workers)


def space_of(
    network: Network,
    gene_map: GeneMap,
    counts: csr_matrix,
    *,
    outputs: NDArray[np.intp],
    drawn: NDArray[np.intp],
    workers: int,
) -> Space:
    """Return the space of some cells.

    Parameters
    ----------
    network, gene_map, outputs, workers
        See `make_space`.
    counts
        Cells x model genes.
    drawn
        Which cells these are, of those that were looked at.
    """
    counts = counts.astype(np.float32)
    counts.sum_duplicates()
    every = np.arange(gene_map.genes)
    position = np.full(gene_map.genes, -1, dtype=np.intp)
    position[network.inputs] = np.arange(len(network.inputs))
    return Space(
        network=network,
        counts=counts,
        gene_map=GeneMap(
            gene_of_column=every,
            input_of_column=position,
            genes=gene_map.genes,
            inputs=gene_map.inputs,
            fill=gene_map.fill,
            means=gene_map.means,
            measured=gene_map.measured,
        ),
        measured=gene_map.measured[network.targets],
        outputs=outputs,
        drawn=drawn,
        workers=workers,
    )
