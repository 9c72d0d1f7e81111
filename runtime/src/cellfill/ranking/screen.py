"""Look at a model without its graph: species, coverage, and how like its training cells a dataset's cells are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness.likeness import likeness
from cellfill.genes.align import match
from cellfill.genes.coverage import measure_coverage
from cellfill.genes.mismatch import GOOD_COVERAGE, of_several
from cellfill.genes.names import expression_columns
from cellfill.genes.species import same_species
from cellfill.hub.indexing import index

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cellfill.bundle import GeneIndex, Manifest
    from cellfill.genes.alignment import Alignment
    from cellfill.genes.coverage import Coverage
    from cellfill.options.shared import Task
    from cellfill.ranking.cells import SharedCells


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What a model's manifest and gene index tell of a dataset.

    Attributes
    ----------
    model
        As ``--model`` takes it.
    manifest
        Of the model.
    refusal
        Why the model is no match at all; empty for nothing.
    coverage, alignment
        Of the dataset's genes; None where the species is another.
    likeness
        Pearson correlation, over the genes that both have, of the gene's level in the dataset with that in the
        model's training data, log1p of counts per 10,000.
    share
        Share of the dataset's counts that are of genes that the model fills; reads, where it is not to impute.
    """

    model: str
    manifest: Manifest
    refusal: str
    coverage: Coverage | None = None
    alignment: Alignment | None = None
    likeness: float = float("nan")
    share: float = 0.0

    @property
    def promise(self) -> float:
        """What decides which models are measured: likeness x share of counts, less where the coverage is poor.

        Coverage alone does not tell tissues apart, since tissues express mostly the same genes at other levels;
        from `GOOD_COVERAGE` on it costs a model little. benchmarks/fitness/recommend.md has the figures.
        """
        if self.refusal or self.coverage is None:
            return -1.0
        return max(self.likeness, 0.0) * self.share * min(1.0, self.coverage.coverage / GOOD_COVERAGE)


def screen(
    model: str,
    cells: SharedCells,
    *,
    task: Task,
    gene_column: str | None,
    offline: bool,
    cell_names: Callable[[], Sequence[str]],
) -> Screened:
    """Look at one model; its gene index is fetched only where it has the task, and the dataset can be its species'.

    Parameters
    ----------
    model
        As ``--model`` takes it.
    cells
        Of the dataset.
    task
        What the model is to be used for.
    gene_column, offline
        See `cellfill.recommend`.
    cell_names
        Returns the names of all cells: a dataset that has genes in rows is told by them.

    Raises
    ------
    CellfillError
        When it cannot be had, or is malformed.
    """
    found = index(
        model,
        offline=offline,
        wanted=lambda manifest: task in manifest.tasks and same_species(manifest.species, cells.species),
    )
    manifest, genes = found.manifest, found.genes
    if task not in manifest.tasks:
        return Screened(model=model, manifest=manifest, refusal=f"It is not for that: {', '.join(manifest.tasks)}.")
    if genes is None:
        seen = cells.species
        refusal = f"It is for {manifest.species}; these are cells of {seen.said} ({seen.why})."
        if seen.together:
            refusal = of_several(seen)
        return Screened(model=model, manifest=manifest, refusal=refusal)
    coverage = measure_coverage(manifest, genes, cells.var, gene_column=gene_column, cells=cell_names)
    if coverage.verdict == "refused":
        return Screened(model=model, manifest=manifest, refusal=coverage.refusal, coverage=coverage)
    alignment = match(genes, cells.names, expression=expression_columns(cells.var), floor=coverage.threshold)
    used = alignment.target_columns if task == "impute" else np.flatnonzero(alignment.gene_of_column >= 0)
    return Screened(
        model=model,
        manifest=manifest,
        refusal="",
        coverage=coverage,
        alignment=alignment,
        likeness=_likeness(cells, alignment, genes),
        share=float(cells.level[used].sum() / max(cells.level.sum(), 1e-300)),
    )


def _likeness(cells: SharedCells, alignment: Alignment, genes: GeneIndex) -> float:
    rows = alignment.gene_of_column
    known = rows >= 0
    here = np.bincount(rows[known], cells.level[known], len(genes))
    both = alignment.column_of_gene >= 0
    return likeness(here[both], genes.column("mean")[both])
