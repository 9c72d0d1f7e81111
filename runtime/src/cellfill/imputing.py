"""Impute an AnnData with a model, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cellfill.counts.find import ColumnNames
from cellfill.counts.in_blocks import InMemory
from cellfill.loading import loaded
from cellfill.network.graphs import OneGraph
from cellfill.options.taking import taking
from cellfill.results.memory import DenseRows
from cellfill.runs.carry import run_blocks
from cellfill.tasks.imputation.options import ImputeAnnDataOptions, ImputeMatrixOptions, ImputeWithOptions
from cellfill.tasks.imputation.prepare import prepare
from cellfill.tasks.imputation.task import Impute, Ready

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.bundle import Bundle
    from cellfill.genes.alignment import Alignment
    from cellfill.network.session import Network
    from cellfill.tasks.imputation.record import Imputation


@taking(ImputeWithOptions)
def impute(adata: Any, options: ImputeWithOptions) -> Any:
    """Impute the dropouts of an AnnData with a pre-trained model.

    Works in place, in the manner of scanpy: ``X`` and everything else stay as they are, and the result is
    added beside them.

    Parameters
    ----------
    adata
        Cells x genes, in memory or backed. Genes are matched by ``var_names`` and by columns of ``var`` that hold
        Ensembl ids or symbols.
    **options
        See `ImputeWithOptions`.

    Returns
    -------
    None, or the AnnData when ``copy`` is true. Added are

    ``layers[key_added]``
        Counts, cells x genes, sparse (CSR) float32 where ``X`` is sparse, else dense.
    ``var[key_added]``, ``var[key_added + "_reason"]``
        Whether the gene was imputed; if not, why.
    ``var[key_added + "_pearson"]``
        How well the model filled the gene in cells held out from its training; NaN where unknown.
    ``var[key_added + "_gain"]``
        How much better than its mean the model predicts the gene in these cells, in nats a molecule (see
        `cellfill.fitness.gate.Gate`); NaN where that was not checked.
    ``uns["cellfill"]``
        Provenance (``uns["cellfill_" + key_added]`` for another key): model, its repository and commit or the hash
        of its manifest, estimate, policy, versions.

    Raises
    ------
    UsageError
        When an option means nothing, or ``key_added`` would overwrite what cellfill did not write.
    CountsError
        When there are no raw counts, nor anything to have them from.
    GeneMatchError
        When dataset and model share too few genes, differ in species, or no gene is predicted better than its mean.
    FitError
        When the model does not fit as ``require`` asks.
    EstimateError
        When the model does not have the estimate.
    BundleError
        When the model is damaged or malformed.

    Warns
    -----
    FitWarning
        When the model does not fit these cells, or fits them with limits.
    """
    return loaded(options.model).impute(adata, **options.keywords(ImputeAnnDataOptions))


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
