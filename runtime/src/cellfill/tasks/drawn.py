"""The cells that a check of a model looks at: 2,000 at most, whatever their order in the dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.calibration.candidates import candidate_cells, candidate_rows
from cellfill.counts.find import Request, find_counts
from cellfill.fitness.check import CHECK_CELLS
from cellfill.fitness.looked import Looked
from cellfill.genes.coverage import measure_coverage
from cellfill.network.threads import usual_workers
from cellfill.progress import phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Bundle
    from cellfill.counts.find import Found
    from cellfill.fitness.options import CheckOptions
    from cellfill.network.cells import GeneMap, ModelCells
    from cellfill.readers.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCells:
    """Cells of a dataset.

    Attributes
    ----------
    cells
        In the genes of the model, with counts in them.
    rows
        Which of the dataset's they are, ascending.
    """

    cells: ModelCells
    rows: NDArray[np.intp]


def begin(bundle: Bundle, dataset: Dataset, options: CheckOptions, *, name: str) -> tuple[Looked, Found]:
    """Look at a dataset's genes; of those that rule the model out the verdict is said already.

    Parameters
    ----------
    bundle, dataset, options
        The model, the data, and how.
    name
        What to call the model.

    Raises
    ------
    CountsError
        When there are no counts.
    """
    found = find_counts(dataset, Request(layer=options.layer, gene_column=options.gene_column))
    coverage = measure_coverage(
        bundle.manifest,
        bundle.genes,
        found.source.matrix.var,
        gene_column=options.gene_column,
        min_coverage=options.min_coverage,
        cells=lambda: dataset.cell_names().tolist(),
    )
    looked = Looked(
        model=name,
        verdict="does not fit",
        reasons=(coverage.refusal,),
        cells=dataset.cells,
        cells_checked=0,
        counts=found.source.saw,
        coverage=coverage,
    )
    return looked, found


def draw(found: Found, gene_map: GeneMap, *, cells: int, threads: int | None) -> DrawnCells:
    """Draw cells by a hash of their counts, so that the order of the dataset changes nothing.

    Parameters
    ----------
    found, gene_map
        The counts, and their columns in the model.
    cells
        Of the dataset.
    threads
        To read with; None for the cores that there are.
    """
    with phase("reading some cells"):
        read = candidate_cells(found.source, gene_map, cells=cells, workers=threads or usual_workers())
    there = np.flatnonzero(read.size_factors > 0)
    weights = np.random.default_rng(0).random(read.counts.shape[1])
    key = np.asarray(read.counts[there] @ weights) * 1e3 % 1.0
    drawn = np.sort(there[np.argsort(key, kind="stable")][:CHECK_CELLS])
    every = np.concatenate([np.arange(run.start, run.stop) for run in candidate_rows(cells)])
    return DrawnCells(cells=read.take(drawn), rows=every[drawn])
