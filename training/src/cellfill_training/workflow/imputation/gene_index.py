"""The gene index of a new model: what its bundle says of every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Gene, GeneIndex
from cellfill_training.architectures.subnetworks.selection import Plan
from cellfill_training.fitting.levels import Levels
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.gene_table import GeneTable

if TYPE_CHECKING:
    from numpy.typing import NDArray


def gene_index(
    cohort: Cohort,
    levels: Levels,
    plan: Plan,
    table: GeneTable,
    *,
    phi: NDArray[np.float64] | None = None,
    worth: NDArray[np.float64] | None = None,
) -> GeneIndex:
    """Return a row a gene of the model; dispersion and worth are unknown before the training."""
    reads: list[list[int]] = [[] for _ in cohort.genes]
    for number, predictors in enumerate(plan.predictors):
        for gene in predictors:
            reads[gene].append(number)
    neutral = np.expm1(levels.centres)
    rows = []
    for i, name in enumerate(cohort.genes):
        target = i < plan.targets
        rows.append(
            Gene(
                ensembl_id=name.ensembl_id,
                symbol=name.symbol,
                aliases=table.aliases(name),
                is_input=bool(reads[i]),
                is_target=target,
                subnetwork=i // plan.group_size if target else -1,
                predicts=tuple(reads[i]),
                mean=float(levels.means[i]),
                neutral=float(neutral[i]),
                worth=float(worth[i]) if worth is not None and reads[i] else float("nan"),
                inverse_dispersion=float(phi[i]) if phi is not None and target else float("nan"),
            )
        )
    return GeneIndex(rows)
