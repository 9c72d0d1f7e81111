"""Judge imputation: a bundle for its card, or any method beside others by the protocols of docs/evaluation.md."""

from __future__ import annotations

from cellfill_training.judging.gene_quality import Quality, gene_quality
from cellfill_training.judging.judge import Judge
from cellfill_training.judging.study_scores import (
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
