"""Choose the genes of a model, and plan which of its sub-networks reads and fills what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellfill_training.architectures.subnetworks.selection import (
    Plan,
    candidate_genes,
    choose_predictors,
    choose_targets,
    common_genes,
    plan_groups,
    spread,
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
    chosen, common = choose_targets(candidates, options, targets), common_genes(candidates, options)
    if not common[chosen].any():  # those that were asked for are all rare: they have to train
        common[chosen] = True
    chosen = spread(chosen, common[chosen])
    size, groups = plan_groups(common[chosen], genes=int(common.sum()), options=options)
    others = np.setdiff1d(np.flatnonzero(common), chosen)
    readable = np.concatenate([chosen[common[chosen]], others])
    may_predict = candidates.take_genes(readable)
    levels = measure_levels(may_predict)
    predictors = choose_predictors(may_predict, levels, groups, options)
    predictors = [readable[genes] for genes in predictors]
    kept = np.concatenate([chosen, others[np.isin(others, np.concatenate(predictors))]])
    place = np.full(len(candidates.genes), -1, dtype=np.intp)
    place[kept] = np.arange(len(kept))
    plan = Plan(
        targets=len(chosen),
        group_size=size,
        predictors=tuple(np.sort(place[genes]) for genes in predictors),
        rare=~common[chosen],
    )
    by_size_factor = options.objective == "poisson"
    if by_size_factor and np.array_equal(kept, readable):  # nothing is left out
        return may_predict, levels, plan
    del may_predict
    final = candidates.take_genes(kept)
    del candidates
    return final, measure_levels(final, by_size_factor=by_size_factor), plan
