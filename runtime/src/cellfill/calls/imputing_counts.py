"""Impute bare counts with an open model, as training does when it judges one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellfill.counts.find import ColumnNames
from cellfill.counts.in_blocks import InMemory
from cellfill.network.graphs import OneGraph
from cellfill.results.memory import DenseRows
from cellfill.runs.carry import run_blocks
from cellfill.tasks.imputation.prepare import prepare
from cellfill.tasks.imputation.task import Impute, Ready

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill.genes.alignment import Alignment
    from cellfill.network.session import Network
    from cellfill.tasks.imputation.options import ImputeMatrixOptions
    from cellfill.tasks.imputation.record import Imputation


def impute_counts(
    bundle: Bundle,
    network: Network,
    counts: csr_matrix,
    names: Sequence[Sequence[str]],
    options: ImputeMatrixOptions,
    *,
    alignment: Alignment | None = None,
) -> tuple[NDArray[np.float32], Imputation]:
    """Impute raw counts in memory; the result, cells x genes, is dense.

    Parameters
    ----------
    bundle, network
        The model, read and opened.
    counts
        Checked raw counts, cells x genes, CSR.
    names
        The dataset's gene names, see `cellfill.genes.align.align`.
    options
        How to impute.
    alignment
        Of these names with the model, where it is known.

    Raises
    ------
    GeneMatchError
        When dataset and model share too few genes.
    """
    result, cells, source = DenseRows(counts.shape, dtype="float32"), counts.shape[0], InMemory(counts)
    named, model = ColumnNames(spellings=names), OneGraph(bundle, network)
    prepared = prepare(model, source, named, options, cells=cells, dense=True, alignment=alignment)
    ready = Ready(task=Impute(model=model, options=options, key="imputed"), prepared=prepared)
    gathered = run_blocks(ready, source, result.add, options, cells=cells)
    return result.matrix(), prepared.done(cells=cells, tally=gathered.tally)
