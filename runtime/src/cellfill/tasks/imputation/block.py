"""What is done to every block of cells, decided once: from observed counts to filled counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.network.cells import GeneMap
from cellfill.network.predict import check_values, predict
from cellfill.results.named import Block, Dtype
from cellfill.tasks.imputation.assemble import dense_block, sparse_block
from cellfill.tasks.imputation.fill import estimate_counts, fill, round_values
from cellfill.tasks.imputation.options import Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.calibration.certainty import Certainty
    from cellfill.calibration.corrections import Calibration
    from cellfill.estimates import Estimate
    from cellfill.fitness.spread import Spread
    from cellfill.network.cells import InputCells
    from cellfill.network.graphs import Graphs
    from cellfill.network.session import Network
    from cellfill.results.named import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockImputer:
    """How blocks of one dataset are filled by one model; it travels to other processes, without the open graph.

    Attributes
    ----------
    model, needed
        The model, and the sub-networks that are run; None for all.
    gene_map, calibration
        The dataset's columns in the model, and the correction of the imputed genes, if any.
    certainty
        How surely the imputed genes are predicted; None where it is not asked for.
    spread
        How far counts lie from what is predicted; None where that is not asked for.
    score_of_column
        For every column of the counts its place among the genes that the calibration reads; -1 for none.
    columns, outputs
        The genes that are imputed: their columns in the result, ascending, and their columns of the output.
    source_columns
        For every gene of the result its column in the counts; None where they are the same.
    inverse_dispersion
        phi of the imputed genes.
    estimate, meaning, policy, drop_below, rounded, dense, dtype
        See `ImputeOptions`; ``meaning`` is the graph's.
    """

    model: Graphs
    needed: tuple[int, ...] | None
    gene_map: GeneMap
    calibration: Calibration | None
    certainty: Certainty | None
    spread: Spread | None
    score_of_column: NDArray[np.intp]
    columns: NDArray[np.intp]
    outputs: NDArray[np.intp]
    source_columns: NDArray[np.intp] | None
    inverse_dispersion: NDArray[np.float32]
    estimate: Estimate
    meaning: Literal["expected", "expressed"]
    policy: Policy
    drop_below: float
    rounded: bool
    dense: bool
    dtype: Dtype

    def apply(self, counts: csr_matrix) -> Block:
        """Fill a block.

        Parameters
        ----------
        counts
            Cells x the genes of the counts, CSR, checked.

        Raises
        ------
        BundleError
            When what the model gives for them is no count.
        """
        cells = self.gene_map.input_cells(counts)
        mean = self._means(self.model.network(self.needed), cells, counts)
        bounds = () if self.spread is None else self.spread.bounds(mean)
        if self.certainty is not None:
            mean = self.certainty.temper(mean, cells.size_factors)
        if self.source_columns is not None:
            counts = counts[:, self.source_columns]
            counts.sort_indices()  # raw may hold the genes in another order
        place = np.full(counts.shape[1], -1, dtype=np.int32)
        place[self.columns] = np.arange(len(self.columns))
        observed = select_columns(counts, place, len(self.columns))
        values = estimate_counts(
            mean,
            observed,
            estimate=self.estimate,
            meaning=self.meaning,
            inverse_dispersion=self.inverse_dispersion,
            trusting=self.certainty is not None,
        )
        empty = cells.size_factors == 0
        if empty.any():
            values[empty] = 0
        check_values(values, f"gives as {self.estimate}")
        if self.rounded:
            round_values(values)
        zeros = fill(values, observed, policy=self.policy, drop_below=self.drop_below)
        return Block(
            layer=self._among_all(counts, values),
            also=tuple(self._among_all(counts, bound) for bound in bounds),
            tally={
                "zeros_filled": zeros,
                "empty_cells": int(empty.sum()),
                "shallow_cells": 0
                if self.calibration is None
                else int((cells.size_factors < self.calibration.shallow_below).sum()),
            },
        )

    def _among_all(self, counts: csr_matrix, values: NDArray[np.float32]) -> Values:
        if self.dense:
            return dense_block(counts, self.columns, values, dtype=self.dtype)
        return sparse_block(counts, self.columns, values)

    def _means(self, network: Network, cells: InputCells, counts: csr_matrix) -> NDArray[np.float32]:
        mean = np.take(predict(network, cells), self.outputs, axis=1)
        if self.calibration is not None:
            scored = select_columns(counts, self.score_of_column, len(self.calibration.score_genes))
            self.calibration.correct(mean, scored, cells.size_factors, out=mean)
        return mean
