"""Impute an AnnData, or a file into another, with a model, in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.calls.on_files import Report, write_results
from cellfill.console.watching import told
from cellfill.loading import loaded
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking
from cellfill.readers.remote import Remote
from cellfill.tasks.imputation.options import (
    ImputeAnnDataOptions,
    ImputeFileOptions,
    ImputeOptions,
    ImputeWithOptions,
)
from cellfill.tasks.imputation.task import Impute


@taking(ImputeWithOptions)
@told("imputing")
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
        How much better than its mean the model predicts the gene in these cells, in nats a molecule, as the quick
        check has it: a gene of which it hid few molecules gets what most genes gain. NaN where that was not
        checked.
    ``var[key_added + "_known"]``
        How probable it is that the model by itself predicts the gene better than its mean, as far as the quick
        check can tell; `check` looks longer, and tells more genes. NaN where that was not checked.
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
    return loaded(options.model, task="impute").impute(adata, **options.keywords(ImputeAnnDataOptions))


@taking(ImputeFileOptions)
@told("imputing")
def impute_file(data: str | Path | Remote, output: str | Path, options: ImputeFileOptions) -> Report:
    """Impute a file or folder into another, a few blocks of cells in memory at a time.

    Parameters
    ----------
    data
        ``.h5ad``, ``.zarr``, 10x ``.h5``, a folder of 10x ``mtx`` files, ``.loom``, CSV or TSV. The first three may
        be at a URL, given as text: ``https://...``, ``s3://...``, ``gs://...``.
    output
        ``.h5ad`` or ``.zarr``: the dataset and what `cellfill.impute` adds. ``.csv``, ``.tsv`` (``.gz``), or a
        folder for 10x ``mtx`` files: the imputed counts. Appears whole or not at all.
    **options
        See `ImputeFileOptions`.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    CellfillError
        As `cellfill.impute`.

    Warns
    -----
    FitWarning
        When the model does not fit these cells, or fits them with limits.
    """

    def task() -> Impute:
        model = loaded(options.model, options.narrowed(OpenOptions), task="impute")
        return Impute(model=model.opened, options=options.narrowed(ImputeOptions), key=options.key_added)

    return write_results(data, output, options, task, dtype=options.dtype, call="impute")
