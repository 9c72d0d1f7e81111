"""What is done to every block of cells, decided once: from observed counts to filled counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.counts.matrix import select_columns
from cellfill.network.cells import GeneMap
from cellfill.network.predict import check_values, predict
from cellfill.results.assemble import Dtype, dense_block, sparse_block
from cellfill.tasks.imputation.fill import Policy, estimate_counts, fill

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.calibration.calibrate import Calibration
    from cellfill.estimates import Estimate
    from cellfill.network.cells import InputCells
    from cellfill.network.session import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled block.

    Attributes
    ----------
    values
        Cells x the dataset's genes, counts: CSR or dense.
    zeros
        Number of zeros that got a value.
    empty, shallow
        Number of cells without counts in the model's genes, which are left as they are; and of those (with
        them) that are less than a tenth as deep as is usual in the dataset.
    """

    values: csr_matrix | NDArray[Any]
    zeros: int
    empty: int
    shallow: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How blocks of one dataset are filled by one model: plain data, which can travel to other processes.

    Attributes
    ----------
    gene_map, calibration
        The dataset's columns in the model, and the correction of the imputed genes, if any.
    score_of_column
        For every column of the counts its place among the genes that the calibration reads; -1 for none.
    columns, outputs
        The genes that are imputed: their columns in the result, ascending, and their columns of the output.
    source_columns
        For every gene of the result its column in the counts; None where they are the same.
    inverse_dispersion
        phi of the imputed genes.
    estimate, meaning, policy, drop_below, dense, dtype
        See `Settings`; ``meaning`` is the graph's.
    """

    gene_map: GeneMap
    calibration: Calibration | None
    score_of_column: NDArray[np.intp]
    columns: NDArray[np.intp]
    outputs: NDArray[np.intp]
    source_columns: NDArray[np.intp] | None
    inverse_dispersion: NDArray[np.float32]
    estimate: Estimate
    meaning: Literal["expected", "expressed"]
    policy: Policy
    drop_below: float
    dense: bool
    dtype: Dtype

    def fill(self, network: Network, counts: csr_matrix) -> Filled:
        """Fill a block.

        Parameters
        ----------
        network
            The open graph that the plan was made for.
        counts
            Cells x the genes of the counts, CSR, checked.

        Raises
        ------
        BundleError
            When what the model gives for them is no count.
        """
        cells = self.gene_map.input_cells(counts)
        mean = self._means(network, cells, counts)
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
        )
        empty = cells.size_factors == 0
        if empty.any():
            values[empty] = 0
        check_values(values, f"gives as {self.estimate}")
        zeros = fill(values, observed, policy=self.policy, drop_below=self.drop_below)
        return Filled(
            values=(
                dense_block(counts, self.columns, values, dtype=self.dtype)
                if self.dense
                else sparse_block(counts, self.columns, values)
            ),
            zeros=zeros,
            empty=int(empty.sum()),
            shallow=0
            if self.calibration is None
            else int((cells.size_factors < self.calibration.shallow_below).sum()),
        )

    def _means(self, network: Network, cells: InputCells, counts: csr_matrix) -> NDArray[np.float32]:
        mean = np.take(predict(network, cells), self.outputs, axis=1)
        if self.calibration is None:
            return mean
        scored = select_columns(counts, self.score_of_column, len(self.calibration.score_genes))
        return self.calibration.correct(mean, scored, cells.size_factors)
