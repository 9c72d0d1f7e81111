"""Name the cells of an AnnData, or of a file into another, with a model, in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellfill.calls.on_files import Report, write_results
from cellfill.console.watching import told
from cellfill.loading import loaded
from cellfill.options.shared import OpenOptions
from cellfill.options.taking import taking
from cellfill.readers.remote import Remote
from cellfill.tasks.annotation.options import (
    AnnotateAnnDataOptions,
    AnnotateFileOptions,
    AnnotateOptions,
    AnnotateWithOptions,
)
from cellfill.tasks.annotation.task import Annotate


@taking(AnnotateWithOptions)
@told("naming cells")
def annotate(adata: Any, options: AnnotateWithOptions) -> Any:
    """Name the cells of an AnnData with a pre-trained model, and say which it does not know.

    Works in place, in the manner of scanpy; ``X`` and everything else stay as they are.

    Parameters
    ----------
    adata
        Cells x genes, in memory or backed, raw counts wherever `cellfill.impute` finds them.
    **options
        See `AnnotateWithOptions`.

    Returns
    -------
    None, or the AnnData when ``copy`` is true. Added are

    ``obs[key_added]``
        The type, categorical; ``unassigned`` where the model does not know it.
    ``obs[key_added + "_probability"]``
        Of the type, or where there is none of the most probable root of the tree of types.
    ``obs[key_added + "_reason"]``
        Why a cell is unassigned; empty for the others.
    ``obs[key_added + "_typical"]``
        How typical a cell is of the type that is most probable: the product of its ranks among known cells, from 0
        to 1.
    ``obsm[key_added + "_probabilities"]``
        Cells x leaf types, float32, each row's sum 1; their names are in the record, ``classes``.
    ``uns["cellfill_" + key_added]``
        Provenance, the table of types, and whether the model is fit to name these cells.

    Raises
    ------
    TaskError
        When the model names no cells.
    UsageError
        When an option means nothing, or ``key_added`` would overwrite what cellfill did not write.
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
        When the model is not fit to name these cells, or with limits, or there are too few of them to tell.
    """
    return loaded(options.model, task="annotate").annotate(adata, **options.keywords(AnnotateAnnDataOptions))


@taking(AnnotateFileOptions)
@told("naming cells")
def annotate_file(data: str | Path | Remote, output: str | Path, options: AnnotateFileOptions) -> Report:
    """Name the cells of a file, a few blocks of cells in memory at a time.

    Parameters
    ----------
    data
        In any format that `cellfill.impute_file` reads.
    output
        ``.h5ad`` or ``.zarr``: the dataset and what `cellfill.annotate` adds. ``.csv``, ``.tsv`` (``.gz``): one row
        a cell, with its type and the probabilities. Appears whole or not at all.
    **options
        See `AnnotateFileOptions`.

    Raises
    ------
    OutputError
        When the output cannot be written; nothing is left behind.
    DataError
        When the data were changed, replaced or removed while they were read; nothing is written.
    CellfillError
        As `cellfill.annotate`.
    """

    def task() -> Annotate:
        model = loaded(options.model, options.narrowed(OpenOptions), task="annotate")
        return Annotate(model=model.opened, options=options.narrowed(AnnotateOptions), key=options.key_added)

    return write_results(data, output, options, task, call="annotate")
