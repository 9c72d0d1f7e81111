"""What was found of the types of cells as a whole: their table, and whether the model is fit to name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.tasks.annotation.table import TypeRow, counts_of_reasons, type_rows
from cellfill.tasks.annotation.verdict import Evidence, gather_evidence, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cellfill.fitness.verdict import Verdict
    from cellfill.results.gathered import Gathered
    from cellfill.tasks.annotation.block import BlockAnnotator


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTypes:
    """Cells that were named, as a whole.

    Attributes
    ----------
    rows
        The table of types.
    unassigned
        How many cells have no type, by why.
    evidence, verdict, reasons
        Whether the model is fit to name them, and why.
    """

    rows: tuple[TypeRow, ...]
    unassigned: Mapping[str, int]
    evidence: Evidence
    verdict: Verdict
    reasons: tuple[str, ...]


def find_types(step: BlockAnnotator, gathered: Gathered, *, coverage: float, genes: float) -> FoundTypes:
    """Say what was found of cells: the one place that decides whether a model is fit to name them.

    Parameters
    ----------
    step
        What was done to every block.
    gathered
        What the blocks gave.
    coverage
        Share of what the model reads that the dataset has, by worth.
    genes
        The same, by number.
    """
    columns, obs = step.columns, gathered.columns()
    typical, reasons = obs.get(columns.typical), obs[columns.reason]
    rows = type_rows(obs[columns.type], obs[columns.probability], typical, step.classes.leaf_names)
    evidence = gather_evidence(
        reasons,
        gathered.matrices()[columns.probabilities],
        rows,
        tested=step.threshold is not None and typical is not None,
        coverage=coverage,
        genes=genes,
        unsure=gathered.tally["unsure"],
        shallow=gathered.tally["shallow"],
        taught=float(sum(step.classes.rows[row].cells for row in step.classes.leaves)),
    )
    verdict, why = judge(evidence)
    return FoundTypes(
        rows=rows, unassigned=counts_of_reasons(reasons), evidence=evidence, verdict=verdict, reasons=why
    )
