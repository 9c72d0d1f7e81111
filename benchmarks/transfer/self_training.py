"""Train the presets on the very cells whose hidden entries they are to find, as a pre-trained model's rivals."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.hiding import Masked
from cellfill_training import Study, fit, options_for
from cellfill_training.evaluation import Judge
from cellfill_training.fitting.presets import Preset

PLAIN, CALIBRATED = "pre-trained, plain", "pre-trained, calibrated"
SELF_TRAINED = "preset {}, trained on these cells"
PAPER, DEFAULT = SELF_TRAINED.format("paper"), SELF_TRAINED.format("default")
BASELINES = {
    baselines.NONZERO: baselines.nonzero_mean,
    baselines.MEAN_TRUNCATED: baselines.gene_mean_truncated,
}
# Genes that fewer cells have are neither scored nor seen by what is trained on the cells.
LEAST_DETECTION = 0.05


def detection(study: Study) -> np.ndarray:
    """Return the share of a study's cells that have each gene."""
    return np.diff(study.counts.tocsc().indptr) / study.counts.shape[0]


def draw(study: Study, cells: int | None, seed: int) -> Study:
    """Return so many cells of a study, drawn at random; None keeps all."""
    drawn = np.random.default_rng([seed, 9]).permutation(study.counts.shape[0])[:cells]
    return study.take(np.sort(drawn))


def subset(study: Study, genes: np.ndarray) -> Study:
    """Return a study with some of its genes."""
    names = tuple(tuple(column[g] for g in genes) for column in study.gene_names)
    return Study(name=study.name, counts=study.counts[:, genes], gene_names=names)


def self_trained(
    part: Study, masked: Masked, genes: np.ndarray, scored: np.ndarray, preset: Preset
) -> tuple[np.ndarray, float]:
    """Train a preset on cells whose hidden entries are zeros; return what it says of these, and the seconds.

    Parameters
    ----------
    part, masked
        The cells, and the same with hidden entries.
    genes
        The genes that it sees.
    scored
        The genes that it fills.
    preset
        ``paper`` or ``default``.
    """
    place = np.full(part.counts.shape[1], -1)
    place[genes] = np.arange(len(genes))
    seen = subset(Study(name=part.name, counts=masked.counts, gene_names=part.gene_names), genes)
    # Ids where the study has them, since symbols may occur twice; unnamed duplicates are left out by the fit.
    wanted = [part.gene_names[-1][g] for g in scored]
    options = options_for(preset, min_genes=1, min_detection=0.0)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        bundle = fit([seen], out=Path(scratch) / preset, preset=preset, options=options, targets=wanted)
        seconds = time.perf_counter() - started
        values, _ = Judge(bundle).predict(seen, seen.counts, estimate="expressed", calibrate=False)
    return values[masked.rows, place[masked.columns]], seconds
