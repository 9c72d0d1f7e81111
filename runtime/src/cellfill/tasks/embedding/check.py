"""Check whether a model is fit to place the cells of a dataset: whether they are like those that trained it."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING

from cellfill.fitness.likeness import likeness_to_training
from cellfill.fitness.looked import Looked
from cellfill.network.cells import map_genes
from cellfill.tasks.columns import align_columns
from cellfill.tasks.drawn import begin, draw
from cellfill.tasks.embedding.fitness import EmbeddingFitness
from cellfill.tasks.embedding.verdict import Evidence, judge

if TYPE_CHECKING:
    from cellfill.fitness.options import CheckOptions
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset
    from cellfill.tasks.annotation.fitness import TypesFitness


def check_embedding(
    opened: Opened, dataset: Dataset, options: CheckOptions, *, name: str, types: TypesFitness | None
) -> EmbeddingFitness:
    """Check whether a model is fit to place the cells of a dataset; see `cellfill.Model.check`.

    Parameters
    ----------
    opened, dataset, options
        The model, the data, and how.
    name
        What to call the model.
    types
        What a check of the types of these cells found, of a model that names them.
    """
    bundle = opened.bundle
    bundle.manifest.need("embed")
    looked, found = begin(bundle, dataset, options, name=name)
    said = {field.name: getattr(looked, field.name) for field in fields(Looked)}
    if looked.coverage.verdict == "refused":
        return EmbeddingFitness(**said)
    alignment = align_columns(bundle, found.names, min_coverage=options.min_coverage)
    gene_map = map_genes(alignment, bundle.genes, inputs=opened.network(tasks=("embed",)).inputs)
    drawn = draw(found, gene_map, cells=dataset.cells, threads=options.threads)
    known = types.evidence if types is not None else None
    evidence = Evidence(
        cells=len(drawn.rows),
        likeness=likeness_to_training(drawn.cells.counts, gene_map),
        unlike=known.unlike if known is not None else math.nan,
        coverage=looked.coverage.coverage,
    )
    verdict, reasons = judge(evidence)
    said |= {"verdict": verdict, "reasons": reasons, "cells_checked": len(drawn.rows)}
    return EmbeddingFitness(**said, evidence=evidence)
