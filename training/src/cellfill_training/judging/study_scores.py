"""Judge a bundle on cells that it did not see, each figure beside its trivial baselines: the card's figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Evaluation, Score
from cellfill.fitness import baselines
from cellfill.fitness.hiding import PROTOCOL, hide_entries, split_molecules
from cellfill.fitness.metrics import masked_scores, poisson_loss
from cellfill_training.judging.judge import Judge
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

PLAIN = "cellfill, not calibrated"
CALIBRATED = "cellfill, calibrated"
MOLECULES = "molecular cross-validation, 90 % of the molecules predict 10 % (Batson 2019)"

_FLOORS = (0.003, 0.01, 0.03, 0.1, 0.3)

_TRIVIAL: dict[str, Callable[[csr_matrix], NDArray[np.float32]]] = {
    baselines.NONZERO: baselines.nonzero_mean,
    baselines.MEAN_TRUNCATED: baselines.gene_mean_truncated,
}


def evaluate_masked(judge: Judge, study: Study, *, seed: int = 0) -> Evaluation:
    """Hide entries and find them again, estimate ``expressed``, beside the trivial baselines."""
    masked = hide_entries(study.counts, judge.targets(study), seed=seed)
    where = masked.rows, masked.columns
    scores = []
    for method, calibrate in ((PLAIN, False), (CALIBRATED, True)):
        values, _ = judge.predict(study, masked.counts, estimate="expressed", calibrate=calibrate)
        scores.append(Score(method=method, values=masked_scores(values[where], masked.truth)))
    for method, baseline in _TRIVIAL.items():
        values = baseline(masked.counts)[where]
        scores.append(Score(method=method, values=masked_scores(values, masked.truth)))
    nothing = masked_scores(np.zeros_like(masked.truth), masked.truth)
    scores.append(Score(method=baselines.NONE, values=nothing))
    return Evaluation(
        data=study.name,
        protocol=PROTOCOL,
        estimate="expressed",
        cells=study.counts.shape[0],
        entries=len(masked.truth),
        scores=tuple(scores),
    )


def evaluate_molecules(judge: Judge, study: Study, *, seed: int = 0) -> Evaluation:
    """Split molecules 90/10 and predict one part from the other, estimate ``expected``, zeros included."""
    targets = judge.targets(study)
    kept, rest = split_molecules(study.counts, seed=seed)
    hidden = rest[:, targets]
    scores = []
    for method, calibrate in ((PLAIN, False), (CALIBRATED, True)):
        mean, _ = judge.predict(study, kept, estimate="expected", calibrate=calibrate)
        loss = poisson_loss(mean[:, targets] / 9, hidden)
        scores.append(Score(method=method, values={"poisson_loss": loss}))
    mean = baselines.gene_mean(kept)[:, targets]
    scores.append(Score(method=baselines.MEAN, values={"poisson_loss": poisson_loss(mean / 9, hidden)}))
    # A zero predicted would cost infinitely much: zeros are raised to what suits this baseline best.
    raw = kept[:, targets].toarray()
    loss = min(poisson_loss(np.maximum(raw, floor) / 9, hidden) for floor in _FLOORS)
    scores.append(Score(method=f"{baselines.NONE}, best floor", values={"poisson_loss": loss}))
    return Evaluation(
        data=study.name,
        protocol=MOLECULES,
        estimate="expected",
        cells=study.counts.shape[0],
        entries=hidden.shape[0] * hidden.shape[1],
        scores=tuple(scores),
    )


def predictions(judge: Judge, studies: Sequence[Study]) -> int:
    """Return how often `evaluate` has the model predict."""
    return len(studies) * (4 if "expected" in judge.bundle.manifest.estimates else 2)


def evaluate(judge: Judge, studies: Sequence[Study]) -> tuple[Evaluation, ...]:
    """Run every protocol that the model has the estimate for, on every study."""
    results = []
    for study in studies:
        results.append(evaluate_masked(judge, study))
        if "expected" in judge.bundle.manifest.estimates:
            results.append(evaluate_molecules(judge, study))
    return tuple(results)
