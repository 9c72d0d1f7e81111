"""How well a model finds hidden entries of each gene: the figures of genes.tsv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.hiding import hide_again
from cellfill.fitness.metrics import scores_by_gene
from cellfill_training.judging.judge import Judge
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 5  # of masking


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Quality of each target gene of a model, NaN where it could not be measured."""

    mse: NDArray[np.float64]
    pearson: NDArray[np.float64]
    baseline_mse: NDArray[np.float64]
    baseline_pearson: NDArray[np.float64]


def gene_quality(judge: Judge, studies: Sequence[Study]) -> Quality:
    """Find, for every target gene, how well hidden entries are found again, and how well by the baseline.

    Estimate ``expressed``, calibrated; entries of all studies and of five rounds of masking together.
    """
    target_of_gene = np.full(len(judge.bundle.genes), -1, dtype=np.intp)
    target_of_gene[judge.bundle.genes.targets] = np.arange(len(judge.bundle.genes.targets))
    ours, theirs, truths, genes = [], [], [], []
    for study in studies:
        columns = judge.targets(study)
        for masked in hide_again(study.counts, columns, seeds=range(100, 100 + ROUNDS)):
            where = masked.rows, masked.columns
            values, how = judge.predict(study, masked.counts, estimate="expressed", calibrate=True)
            ours.append(values[where])
            theirs.append(baselines.nonzero_mean(masked.counts)[where])
            truths.append(masked.truth)
            genes.append(target_of_gene[how.alignment.gene_of_column[masked.columns]])
    truth, gene = np.concatenate(truths), np.concatenate(genes)
    number = len(judge.bundle.genes.targets)
    mse, pearson = scores_by_gene(np.concatenate(ours), truth, gene, number)
    baseline_mse, baseline_pearson = scores_by_gene(np.concatenate(theirs), truth, gene, number)
    return Quality(mse=mse, pearson=pearson, baseline_mse=baseline_mse, baseline_pearson=baseline_pearson)
