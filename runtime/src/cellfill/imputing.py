"""Impute an AnnData with a model, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.counts.find import ColumnNames
from cellfill.counts.in_blocks import InMemory
from cellfill.estimates import Estimate
from cellfill.fitness.heed import Require
from cellfill.loading import load
from cellfill.model import Model
from cellfill.network.blocks import BLOCK_SIZE, OnBlock
from cellfill.network.graphs import OneGraph
from cellfill.results.memory import DenseRows
from cellfill.results.named import Dtype
from cellfill.runs.carry import Machine, run_blocks
from cellfill.tasks.imputation.fill import Policy
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
    from cellfill.tasks.imputation.settings import Settings


def impute(
    adata: Any,
    *,
    model: str | Path | Model,
    estimate: Estimate | None = None,
    policy: Policy = "zeros",
    calibrate: bool = True,
    gate: bool = True,
    require: Require | None = None,
    genes: Sequence[str] | None = None,
    layer: str | None = None,
    gene_column: str | None = None,
    key_added: str = "imputed",
    copy: bool = False,
    drop_below: float = 0.0,
    dtype: Dtype = "float32",
    min_coverage: float | None = None,
    block_size: int = BLOCK_SIZE,
    threads: int | None = None,
    on_block: OnBlock | None = None,
) -> Any:
    """Impute the dropouts of an AnnData with a pre-trained model.

    Works in place, in the manner of scanpy: ``X`` and everything else stay as they are, and the result is
    added beside them.

    Parameters
    ----------
    adata
        Cells x genes, in memory or backed. Genes are matched by ``var_names`` and by columns of ``var`` that hold
        Ensembl ids or symbols.
    model
        A loaded model; or a folder, an alias or ``organisation/name`` on the Hub, see `cellfill.load`.
    estimate
        ``expected``, ``expressed`` or ``posterior`` (see `cellfill.estimates`). By default ``expected``, or
        what the model has.
    policy
        ``zeros`` fills zeros only: observed counts stay exactly as they are. ``max`` takes the larger of
        observed and imputed, ``all`` replaces every entry of an imputed gene (the policies of the original
        program, Arisdakessian 2019).
    calibrate
        Correct the model on these cells.
    gate
        Check the model on these cells first: hide a tenth of the molecules of up to 600 of them, impute, compare.
        Genes that it predicts no better than gene mean x library does are not filled; at least 20 cells are needed.
    require
        ``fits``: impute only if that check says that the model fits; ``limits``: or fits with limits. Otherwise,
        and where there are too few cells to tell, nothing is imputed. By default a `FitWarning` says it.
    genes
        Names of the genes to impute; only the sub-networks that these need are run. All by default.
    layer
        The layer that holds the raw counts. By default ``X`` where it holds counts, else a layer or ``raw`` that
        does, else counts that ``X`` gives back exactly (log1p of normalised counts, say). ``"raw"`` is ``raw.X``
        where no layer has that name: all of its genes are read, those of ``adata`` are filled.
    gene_column
        The column of ``var`` that names the genes; found by itself by default.
    key_added
        Name of the layer that is added, and stem of the columns that are added to ``var``.
    copy
        Return an annotated copy and leave ``adata`` alone.
    drop_below
        Zeros that would get less than this, in counts, stay zero: makes a sparse result small.
    dtype
        ``float16`` gives a dense layer of half the size, exact for whole numbers up to 2,048.
    min_coverage
        Impute even where the dataset has but this share of what the model reads, by worth; the model's own
        threshold by default.
    block_size
        Cells a block; changes time and memory, and of values the last digits, since sums are taken in another
        order: with human-pbmc at most 3e-6 of a value, between 1 and 4,096 cells. The same size gives the same
        bits, whatever the number of threads.
    threads
        Blocks worked on at once; the cores that there are, at most eight, by default.
    on_block
        Called with the number of cells done and of all cells after every block.

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
    loaded = model if isinstance(model, Model) else load(model)
    return loaded.impute(
        adata,
        estimate=estimate,
        policy=policy,
        calibrate=calibrate,
        gate=gate,
        require=require,
        genes=genes,
        layer=layer,
        gene_column=gene_column,
        key_added=key_added,
        copy=copy,
        drop_below=drop_below,
        dtype=dtype,
        min_coverage=min_coverage,
        block_size=block_size,
        threads=threads,
        on_block=on_block,
    )


def impute_counts(
    bundle: Bundle,
    network: Network,
    counts: csr_matrix,
    names: Sequence[Sequence[str]],
    settings: Settings,
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
    settings
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
    prepared = prepare(model, source, named, settings, cells=cells, dense=True, alignment=alignment)
    ready = Ready(task=Impute(model=model, settings=settings, key="imputed"), prepared=prepared)
    machine = Machine(block_size=settings.block_size, threads=settings.threads)
    gathered = run_blocks(ready, source, result.add, machine, cells=cells)
    return result.matrix(), prepared.done(cells=cells, tally=gathered.tally)
