"""Judge imputation: a bundle for its card, or any method beside others by the protocols of docs/evaluation.md."""

from __future__ import annotations

from cellfill_training.evaluation.gene_quality import Quality, gene_quality
from cellfill_training.evaluation.judge import Judge
from cellfill_training.evaluation.study_scores import (
    CALIBRATED,
    MOLECULES,
    PLAIN,
    evaluate,
    evaluate_masked,
    evaluate_molecules,
)

__all__ = [
    "CALIBRATED",
    "MOLECULES",
    "PLAIN",
    "Judge",
    "Quality",
    "evaluate",
    "evaluate_masked",
    "evaluate_molecules",
    "gene_quality",
]
