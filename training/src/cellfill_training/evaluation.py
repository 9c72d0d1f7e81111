"""Judge a bundle on cells that it did not see, each figure beside its trivial baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.align import align
from cellfill.bundle import Bundle, Evaluation, Score
from cellfill.estimates import Estimate
from cellfill.imputation import Imputation, impute_counts
from cellfill.session import Network, open_network
from cellfill.settings import Settings
from cellfill_training import baselines
from cellfill_training.masking import PROTOCOL, hide_entries, split_molecules
from cellfill_training.metrics import masked_scores, poisson_loss, scores_by_gene
from cellfill_training.studies import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

PLAIN = "cellfill, not calibrated"
CALIBRATED = "cellfill, calibrated"
MOLECULES = "molecular cross-validation, 90 % of the molecules predict 10 % (Batson 2019)"

_FLOORS = (0.003, 0.01, 0.03, 0.1, 0.3)
_ROUNDS = 5  # of masking, for the figures by gene

_TRIVIAL: dict[str, Callable[[csr_matrix], NDArray[np.float32]]] = {
    baselines.NONZERO: baselines.nonzero_mean,
    baselines.MEAN_TRUNCATED: baselines.gene_mean_truncated,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Quality of each target gene of a model, NaN where it could not be measured."""

    mse: NDArray[np.float64]
    pearson: NDArray[np.float64]
    baseline_mse: NDArray[np.float64]
    baseline_pearson: NDArray[np.float64]


class Judge:
    """A bundle, opened, that predicts every entry of a study's target genes."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.network: Network = open_network(bundle, device="cpu", threads=1)

    def predict(
        self, study: Study, counts: csr_matrix, *, estimate: Estimate, calibrate: bool
    ) -> tuple[NDArray[np.float32], Imputation]:
        """Return the estimate of every entry, cells x the study's genes, and how it came about."""
        settings = Settings(estimate=estimate, policy="all", calibrate=calibrate)
        return impute_counts(self.bundle, self.network, counts, study.gene_names, settings)

    def targets(self, study: Study) -> NDArray[np.intp]:
        """Return the study's columns that the model fills."""
        manifest = self.bundle.manifest
        found = align(
            self.bundle.genes, study.gene_names, species=manifest.species, min_coverage=manifest.min_coverage
        )
        return found.target_columns


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


def evaluate(judge: Judge, studies: Sequence[Study]) -> tuple[Evaluation, ...]:
    """Run every protocol that the model has the estimate for, on every study."""
    results = []
    for study in studies:
        results.append(evaluate_masked(judge, study))
        if "expected" in judge.bundle.manifest.estimates:
            results.append(evaluate_molecules(judge, study))
    return tuple(results)


def gene_quality(judge: Judge, studies: Sequence[Study]) -> Quality:
    """Find, for every target gene, how well hidden entries are found again, and how well by the baseline.

    Estimate ``expressed``, calibrated; entries of all studies and of five rounds of masking together.
    """
    target_of_gene = np.full(len(judge.bundle.genes), -1, dtype=np.intp)
    target_of_gene[judge.bundle.genes.targets] = np.arange(len(judge.bundle.genes.targets))
    ours, theirs, truths, genes = [], [], [], []
    for study in studies:
        columns = judge.targets(study)
        for seed in range(_ROUNDS):
            masked = hide_entries(study.counts, columns, seed=100 + seed)
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
