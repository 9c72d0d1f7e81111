"""Check whether a model is fit to place the cells of a dataset: whether they are like those that trained it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cellfill.fitness.likeness import likeness_to_training
from cellfill.fitness.looked import Looked
from cellfill.network.cells import map_genes
from cellfill.tasks.columns import align_columns
from cellfill.tasks.drawn import begin, draw
from cellfill.tasks.embedding.fitness import EmbeddingFitness
from cellfill.tasks.embedding.verdict import Evidence, judge, told_by

if TYPE_CHECKING:
    from cellfill.fitness.options import CheckOptions
    from cellfill.genes.alignment import Alignment
    from cellfill.network.cells import GeneMap
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset
    from cellfill.tasks.annotation.check import CheckedTypes
    from cellfill.tasks.drawn import DrawnCells


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlaces:
    """What was found, and on which cells.

    Attributes
    ----------
    fitness
        What was found.
    drawn, gene_map
        The cells, and how they came into the genes of the model; None where the genes rule the model out.
    """

    fitness: EmbeddingFitness
    drawn: DrawnCells | None = None
    gene_map: GeneMap | None = None


def check_embedding(
    opened: Opened, dataset: Dataset, options: CheckOptions, *, name: str, types: CheckedTypes | None
) -> CheckedPlaces:
    """Check whether a model is fit to place the cells of a dataset; see `cellfill.Model.check`.

    Parameters
    ----------
    opened, dataset, options
        The model, the data, and how.
    name
        What to call the model.
    types
        What a check of the types of these cells found, of a model that names them: its cells are looked at.
    """
    bundle = opened.bundle
    bundle.manifest.need("embed")
    looked, found = begin(bundle, dataset, options, name=name)
    said = {field.name: getattr(looked, field.name) for field in fields(Looked)}
    if looked.coverage.verdict == "refused":
        return CheckedPlaces(fitness=EmbeddingFitness(**said))
    alignment = align_columns(bundle, found.names, min_coverage=options.min_coverage)
    gene_map = map_genes(alignment, bundle.genes, inputs=opened.network(tasks=("embed",)).inputs)
    drawn = types.drawn if types is not None else None
    if drawn is None:
        drawn = draw(found, gene_map, cells=dataset.cells, threads=options.threads)
    known = types.fitness.evidence if types is not None else None
    unlike = known.unlike if known is not None else math.nan
    evidence = evidence_of(drawn, gene_map, alignment, unlike=unlike, told=told_by(bundle.manifest))
    verdict, reasons = judge(evidence)
    said |= {"verdict": verdict, "reasons": reasons, "cells_checked": len(drawn.rows)}
    return CheckedPlaces(fitness=EmbeddingFitness(**said, evidence=evidence), drawn=drawn, gene_map=gene_map)


def evidence_of(
    drawn: DrawnCells, gene_map: GeneMap, alignment: Alignment, *, unlike: float, told: tuple[float, float]
) -> Evidence:
    """Return what tells whether a model is fit to place cells.

    Parameters
    ----------
    drawn
        The cells.
    gene_map, alignment
        Which of the model's genes they have.
    unlike
        Share of them that are unlike any type of the model; NaN where that is not known.
    told
        What the model's own figures say of its places, and of others; see `told_by`.
    """
    return Evidence(
        cells=len(drawn.rows),
        likeness=likeness_to_training(drawn.cells.counts, gene_map),
        unlike=unlike,
        coverage=alignment.coverage,
        genes=alignment.inputs_share,
        told=told[0],
        beside=told[1],
    )
