"""Check whether a model is fit to name the cells of a dataset: name some, whole and with less of them known."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cellfill.fitness.looked import Looked
from cellfill.network.blocks import blocks_of
from cellfill.network.threads import one_blas_thread
from cellfill.options.running import BLOCK_SIZE
from cellfill.progress import phase
from cellfill.results.gathered import Gathered
from cellfill.tasks.annotation.fitness import TypesFitness
from cellfill.tasks.annotation.options import AnnotateOptions
from cellfill.tasks.annotation.steadiness import measure_steadiness
from cellfill.tasks.annotation.task import Annotate
from cellfill.tasks.drawn import begin, draw

if TYPE_CHECKING:
    from cellfill.fitness.options import CheckOptions
    from cellfill.network.graphs import Opened
    from cellfill.readers.dataset import Dataset
    from cellfill.tasks.annotation.block import BlockAnnotator
    from cellfill.tasks.drawn import DrawnCells

_KEY = "cell_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTypes:
    """What was found, and on which cells.

    Attributes
    ----------
    fitness
        What was found.
    step, drawn, gathered
        How cells are named, those that were, and what they are called; None where the genes rule the model out.
    """

    fitness: TypesFitness
    step: BlockAnnotator | None = None
    drawn: DrawnCells | None = None
    gathered: Gathered | None = None


def check_types(opened: Opened, dataset: Dataset, options: CheckOptions, *, name: str) -> CheckedTypes:
    """Check whether a model is fit to name the cells of a dataset; see `cellfill.Model.check`.

    Parameters
    ----------
    opened, dataset, options
        The model, the data, and how.
    name
        What to call the model.
    """
    looked, found = begin(opened.bundle, dataset, options, name=name)
    said = {field.name: getattr(looked, field.name) for field in fields(Looked)}
    if looked.coverage.verdict == "refused":
        return CheckedTypes(fitness=TypesFitness(**said))
    asked = AnnotateOptions(min_coverage=options.min_coverage, threads=options.threads)
    task = Annotate(model=opened, options=asked, key=_KEY)
    ready = task.prepare(found, cells=dataset.cells, dense=dataset.dense)
    step = ready.step
    drawn = draw(found, step.gene_map, cells=dataset.cells, threads=options.threads)
    gathered = name_drawn(step, drawn)
    with one_blas_thread(), phase("naming them with less known"):
        types = ready.find(gathered)
        answers = gathered.matrices()[step.columns.probabilities].argmax(axis=1)
        steadiness = measure_steadiness(step, opened.bundle.genes, drawn.cells, answers, seed=options.seed)
    said |= {"verdict": types.verdict, "reasons": types.reasons, "cells_checked": len(drawn.rows)}
    fitness = TypesFitness(
        **said,
        evidence=types.evidence,
        types=types.rows,
        unassigned=types.unassigned,
        steadiness=steadiness if len(answers) else (),
    )
    return CheckedTypes(fitness=fitness, step=step, drawn=drawn, gathered=gathered)


def name_drawn(step: BlockAnnotator, drawn: DrawnCells) -> Gathered:
    """Name cells that were drawn, block by block."""
    gathered = Gathered()
    with one_blas_thread(), phase("naming some cells", total=len(drawn.rows), unit="cells") as move:
        # Without any cell there is still a block, of which the columns are empty.
        for rows in blocks_of(len(drawn.rows), BLOCK_SIZE) or [slice(0, 0)]:
            gathered.add(step.name(drawn.cells.rows(rows)))
            move(rows.stop)
    return gathered
