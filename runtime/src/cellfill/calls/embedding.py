"""Embed the cells of an AnnData, or of a file into another, with a model, in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.calls.on_files import Report, write_results
from cellfill.console.watching import told
from cellfill.loading import loaded
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking
from cellfill.readers.remote import Remote
from cellfill.tasks.embedding.options import (
    EmbedAnnDataOptions,
    EmbedFileOptions,
    EmbedOptions,
    EmbedWithOptions,
)
from cellfill.tasks.embedding.task import Embed


@taking(EmbedWithOptions)
@told("placing cells")
def embed(adata: Any, options: EmbedWithOptions) -> Any:
    """Place the cells of an AnnData where a pre-trained model has cells like them; nothing is trained.

    Works in place, in the manner of scanpy; ``X`` and everything else stay as they are.

    Parameters
    ----------
    adata
        Cells x genes, in memory or backed, raw counts wherever `cellfill.impute` finds them.
    **options
        See `EmbedWithOptions`.

    Returns
    -------
    None, or the AnnData when ``copy`` is true. Added are

    ``obsm[key_added]``
        Cells x dimensions, float32; NaN for cells without counts in the model's genes.
    ``uns["cellfill_" + key_added]``
        Provenance, and whether the model is fit to place these cells.

    Raises
    ------
    TaskError
        When the model embeds no cells.
    UsageError
        When an option means nothing, or ``key_added`` would overwrite what cellfill did not write.
    DataError
        When there is no such column of batches.
    CountsError
        When there are no raw counts, nor anything to have them from.
    GeneMatchError
        When dataset and model share too few genes, or differ in species.
    BundleError
        When the model is damaged or malformed.
    FitError
        When the model does not fit as ``require`` asks.

    Warns
    -----
    FitWarning
        When the model is not fit to place these cells, or with limits, or there are too few of them to tell; and
        where cells get no place.
    """
    return loaded(options.model, task="embed").embed(adata, **options.keywords(EmbedAnnDataOptions))


@taking(EmbedFileOptions)
@told("placing cells")
def embed_file(data: str | Path | Remote, output: str | Path, options: EmbedFileOptions) -> Report:
    """Embed the cells of a file, a few blocks of cells in memory at a time.

    Parameters
    ----------
    data
        In any format that `cellfill.impute_file` reads.
    output
        ``.h5ad`` or ``.zarr``: the dataset and what `cellfill.embed` adds. ``.csv``, ``.tsv`` (``.gz``): one row a
        cell. Appears whole or not at all.
    **options
        See `EmbedFileOptions`.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    CellfillError
        As `cellfill.embed`.
    """

    def task() -> Embed:
        model = loaded(options.model, options.narrowed(OpenOptions), task="embed")
        return Embed(model=model.opened, options=options.narrowed(EmbedOptions), key_added=options.key_added)

    return write_results(data, output, options, task, call="embed")
