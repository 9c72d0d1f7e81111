"""What a card says of its figures in words: how the model does, where a trivial baseline does better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cellfill.bundle import Evaluation, GeneIndex, Manifest
from cellfill.fitness import baselines

# Of a manifest's provenance: why there are no figures.
NOT_JUDGED = "not judged"
# How cells are spoken of that trained nothing but stopped the training, where no study was held out.
STOPPING = "cells of the training studies that stopped the training"
# What they are called, before the name of their study.
STOPPING_OF = "stopping cells of "
# Of a provenance, of a model that learnt from labels.
TEMPERATURE = "temperature"
# A model that was trained anew without the study that it is judged on.
LEFT_OUT = "a model of the other studies"
# A model that was trained anew without a part of the cells, where there is one study.
PART_LEFT_OUT = "a model of the other cells"

_OURS = "cellfill"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneCount:
    """How many target genes there are, could be judged, and are filled worse than by the trivial baseline.

    `unrelated` are the judged ones whose imputed values do not correlate with the hidden counts at all.
    """

    targets: int
    judged: int
    worse: int
    lower: int
    unrelated: int


def count_genes(genes: GeneIndex) -> GeneCount:
    """Count a model's target genes by their quality on held-out cells, see `genes.tsv`."""
    judged = [g for g in genes if g.is_target and g.mse == g.mse]
    return GeneCount(
        targets=len(genes.targets),
        judged=len(judged),
        worse=sum(g.mse >= g.baseline_mse for g in judged),
        lower=sum(g.pearson < g.baseline_pearson for g in judged),
        unrelated=sum(g.pearson <= 0 for g in judged),
    )


def inputs_for(genes: GeneIndex, share: float) -> int:
    """Return how many input genes, those of most worth first, make a share of what all of them tell."""
    worth = np.sort([g.worth for g in genes if g.is_input])[::-1]
    return int(np.searchsorted(np.cumsum(worth), share * (1 - 1e-6)) + 1)


def judgement(manifest: Manifest, seen: Mapping[str, str]) -> str:
    """Return what is first to know of a model's quality: how it does on a study that it never saw.

    Of a study that it may have seen all the same, `seen` has a sentence; see `seen_before.seen_of`.
    """
    held_out = {study.name for study in manifest.studies if study.role == "held-out"}
    sentences = []
    for evaluation in _of_counts(manifest):
        if evaluation.data not in held_out or evaluation.estimate != "expressed":
            continue
        ours = [score.values for score in evaluation.scores if score.method.startswith(_OURS)][-1]
        trivial = [score.values for score in evaluation.scores if not score.method.startswith(_OURS)]
        best = min(trivial, key=lambda values: values["mse"])
        unseen = "held out of its last training" if evaluation.data in seen else "which trained nothing of it"
        sentences.append(
            f"On {evaluation.data} ({evaluation.cells:,} cells), {unseen}, hidden counts are found\n"
            f"again with an MSE of {ours['mse']:.4f} and a Pearson correlation of {ours['pearson']:.3f} "
            "(calibrated, on log1p\ncounts); by the best trivial baseline, with "
            f"{best['mse']:.4f} and {best['pearson']:.3f}."
        )
        if evaluation.data in seen:
            sentences.append(f"\n**{seen[evaluation.data]}**\n")
    if not manifest.evaluations:
        return "It was judged on no cells: nothing is known of its error."
    return "\n".join(sentences) or (
        "No study was held out: the figures below are of cells of the training studies. Expect less on others."
    )


def learnt_nothing(manifest: Manifest) -> str:
    """Return a sentence on a model that is better than a trivial baseline in no figure; empty for any other."""
    behind = []
    for evaluation in _of_counts(manifest):
        key = next(iter(evaluation.scores[0].values))  # an error, or a loss
        ours, trivial = (
            min(
                (s for s in evaluation.scores if s.method.startswith(_OURS) is mine and key in s.values),
                key=lambda score: score.values[key],
                default=None,
            )
            for mine in (True, False)
        )
        if ours is None or trivial is None or ours.values[key] < trivial.values[key]:
            return ""
        behind.append(
            f'on {evaluation.data} "{trivial.method}" is better ({key} {trivial.values[key]:.4f} against '
            f"{ours.values[key]:.4f})"
        )
    if not behind:
        return ""
    return (
        f"The model has learnt too little to be used: {behind[0]}, and so in every figure. Train it longer, on "
        "more cells, or at a lower learning rate."
    )


def behind_by_itself(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each study on which the model, not calibrated, is no better than the gene's mean.

    By its Poisson loss, or by its MSE where it gives no expected counts. What a calibrated model is better by comes
    from the cells that it is used on, and may hide that nothing was learnt.
    """
    by_loss = {e.data for e in _of_counts(manifest) if "poisson_loss" in e.scores[0].values}
    sentences = []
    for evaluation in _of_counts(manifest):
        key = "poisson_loss" if evaluation.data in by_loss else "mse"
        told = [score for score in evaluation.scores if key in score.values]
        ours = next((score for score in told if score.method.startswith(_OURS)), None)
        # No imputation is given the floor that suits the hidden counts best: no method that one could use.
        trivial = [s for s in told if not s.method.startswith((_OURS, baselines.NONE))]
        best = min(trivial, key=lambda score: score.values[key], default=None)
        if ours is not None and best is not None and best.values[key] <= ours.values[key]:
            sentences.append(
                f'By itself, not calibrated, it is no better on {evaluation.data} than "{best.method}", a trivial '
                f"baseline ({key} {ours.values[key]:.4f} against {best.values[key]:.4f}): what it gains once "
                "calibrated, it learns from those cells."
            )
    return tuple(sentences)


def worse_than_trivial(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for every figure in which a trivial baseline is no worse than the model."""
    return tuple(sentence for evaluation in _of_counts(manifest) for sentence in _worse(evaluation))


def _of_counts(manifest: Manifest) -> list[Evaluation]:
    """Return the evaluations of imputing: what a model places is judged elsewhere."""
    return [evaluation for evaluation in manifest.evaluations if evaluation.task == "impute"]


def _worse(evaluation: Evaluation) -> Iterator[str]:
    trivial = [score for score in evaluation.scores if not score.method.startswith(_OURS)]
    for ours in evaluation.scores:
        if not ours.method.startswith(_OURS):
            continue
        for figure, value in ours.values.items():
            sign = -1 if figure == "pearson" else 1
            best = min(
                (score for score in trivial if figure in score.values),
                key=lambda score: sign * score.values[figure],
                default=None,
            )
            if best is not None and sign * best.values[figure] <= sign * value:
                yield (
                    f"On {evaluation.data}, estimate `{evaluation.estimate}`, the trivial baseline "
                    f'"{best.method}" is better than "{ours.method}": {figure} {best.values[figure]:.4f} against '
                    f"{value:.4f}."
                )
