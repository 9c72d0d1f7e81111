"""Impute a matrix of counts with a model: every step from counts to counts, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.align import Alignment, align
from cellfill.assemble import DenseRows, SparseRows
from cellfill.calibrate import Calibration, calibrate
from cellfill.errors import EstimateError, UsageError
from cellfill.estimates import ESTIMATES, Estimate
from cellfill.fill import POLICIES, Policy, estimate_counts, fill_block
from cellfill.infer import BLOCK_SIZE, ModelCells, model_cells, predict_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill.session import Network

# Decided on known truth, see README, "Which estimate".
DEFAULT_ESTIMATE: Estimate = "expected"

OnBlock = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to impute, checked.

    Attributes
    ----------
    estimate
        ``expected``, ``expressed`` or ``posterior``.
    policy
        ``zeros``, ``max`` or ``all``.
    calibrate
        Whether to correct the model's gene levels on the new cells.
    block_size
        Cells a block.
    """

    estimate: Estimate
    policy: Policy = "zeros"
    calibrate: bool = True
    block_size: int = BLOCK_SIZE

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.policy not in POLICIES:
            raise UsageError(f"policy is {self.policy!r}; it must be one of {', '.join(POLICIES)}.")
        if not isinstance(self.block_size, int) or self.block_size < 1:
            raise UsageError(f"block_size is {self.block_size!r}; it must be a whole number, at least 1 cell.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputation:
    """What imputing did.

    Attributes
    ----------
    values
        Cells x the dataset's genes, counts: CSR or dense, as asked for.
    alignment
        Which gene was which, and which were imputed.
    calibration
        The factors, or None.
    zeros_filled
        Number of zeros that got a value.
    empty_cells
        Number of cells without counts in the model's genes; they are left as they are.
    """

    values: csr_matrix | NDArray[np.float32]
    alignment: Alignment
    calibration: Calibration | None
    zeros_filled: int
    empty_cells: int


def choose_estimate(asked: Estimate | None, available: Sequence[Estimate]) -> Estimate:
    """Return the estimate to give: the one asked for, or the default where the model has it.

    Raises
    ------
    EstimateError
        When the model does not have the one asked for.
    """
    if asked is None:
        return DEFAULT_ESTIMATE if DEFAULT_ESTIMATE in available else available[0]
    if asked not in ESTIMATES:
        raise EstimateError(f"estimate is {asked!r}; it must be one of {', '.join(ESTIMATES)}.")
    if asked not in available:
        raise EstimateError(
            f"This model does not give the estimate {asked!r}, only {', '.join(available)}: its loss does not "
            f"learn the others. Ask for --estimate {available[0]} or choose another model."
        )
    return asked


def impute_counts(
    bundle: Bundle,
    network: Network,
    counts: csr_matrix,
    names: Sequence[Sequence[str]],
    settings: Settings,
    *,
    dense: bool,
    expression: Sequence[bool] | None = None,
    on_block: OnBlock | None = None,
) -> Imputation:
    """Impute raw counts, cells x genes.

    Parameters
    ----------
    bundle, network
        The model, read and opened.
    counts
        Checked raw counts, CSR.
    names
        The dataset's gene names, see `align`.
    settings
        How to impute.
    dense
        Return a dense matrix rather than CSR.
    expression
        Which columns are gene expression, see `align`.
    on_block
        Called with the number of cells done and of all cells after every block.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes.
    """
    alignment = align(bundle.genes, names, expression=expression)
    cells = model_cells(counts, alignment, bundle.genes)
    calibration = _calibrate(bundle, network, cells, alignment) if settings.calibrate else None
    most = counts.nnz + counts.shape[0] * alignment.targets_found
    result = DenseRows(counts.shape) if dense else SparseRows(counts.shape, most=most)
    filled = done = 0
    for block, zeros in _filled_blocks(bundle, network, counts, cells, alignment, settings, calibration):
        result.add(block)
        filled += zeros
        done += len(block)
        if on_block is not None:
            on_block(done, counts.shape[0])
    return Imputation(
        values=result.matrix(),
        alignment=alignment,
        calibration=calibration,
        zeros_filled=filled,
        empty_cells=int((cells.size_factors == 0).sum()),
    )


def _calibrate(bundle: Bundle, network: Network, cells: ModelCells, alignment: Alignment) -> Calibration:
    targets = bundle.genes.targets
    return calibrate(
        network,
        cells,
        targets=targets,
        measured=alignment.column_of_gene[targets] >= 0,
        meaning=bundle.manifest.graph.output_meaning,
    )


def _filled_blocks(
    bundle: Bundle,
    network: Network,
    counts: csr_matrix,
    cells: ModelCells,
    alignment: Alignment,
    settings: Settings,
    calibration: Calibration | None,
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield the filled blocks in order, each with its number of filled zeros."""
    columns = alignment.target_columns
    rows_of_targets = alignment.gene_of_column[columns]
    output = np.searchsorted(bundle.genes.targets, rows_of_targets)
    phi = bundle.genes.column("inverse_dispersion")[rows_of_targets].astype(np.float32)
    of_targets = None if calibration is None else cells.counts[:, bundle.genes.targets]
    for rows, block in predict_blocks(network, cells, block_size=settings.block_size):
        mean = block
        if calibration is not None and of_targets is not None:
            mean = calibration.correct(block, of_targets[rows], cells.size_factors[rows])
        mean = mean[:, output]
        observed = counts[rows][:, columns].toarray()
        values = estimate_counts(
            mean,
            observed,
            estimate=settings.estimate,
            meaning=bundle.manifest.graph.output_meaning,
            inverse_dispersion=phi,
        )
        values[cells.size_factors[rows] == 0] = 0
        yield fill_block(counts[rows], columns, observed, values, policy=settings.policy)
