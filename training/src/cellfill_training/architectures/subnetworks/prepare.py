"""Choose the genes of a model, and plan which of its sub-networks reads and fills what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cellfill_training.architectures.subnetworks.selection import (
    Plan,
    candidate_genes,
    choose_predictors,
    choose_targets,
)
from cellfill_training.fitting.levels import Levels, measure_levels
from cellfill_training.fitting.options import FitOptions
from cellfill_training.studies.cohort import Cohort


def prepare(
    cohort: Cohort, options: FitOptions, targets: Sequence[str] | None = None
) -> tuple[Cohort, Levels, Plan]:
    """Choose a model's genes and plan its sub-networks.

    Returns
    -------
    The cohort in the model's genes (targets first, group after group), its levels, and the plan.
    """
    candidates = cohort.take_genes(candidate_genes(cohort, options))
    del cohort  # each holds the counts again
    chosen = choose_targets(candidates, options, targets)
    others = np.setdiff1d(np.arange(len(candidates.genes)), chosen)
    ordered = candidates.take_genes(np.concatenate([chosen, others]))
    del candidates
    plan = choose_predictors(ordered, measure_levels(ordered), len(chosen), options)
    read = np.union1d(np.concatenate(plan.predictors), np.arange(len(chosen)))
    place = np.full(len(ordered.genes), -1, dtype=np.intp)
    place[read] = np.arange(len(read))
    final = ordered.take_genes(read)
    del ordered
    plan = replace(plan, predictors=tuple(place[p] for p in plan.predictors))
    return final, measure_levels(final, by_size_factor=options.objective == "poisson"), plan
