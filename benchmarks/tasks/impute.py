"""Impute: how well hidden molecules are told, or counts before a simulated loss."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.hiding import split_molecules
from cellfill_training.evaluation import Judge
from cellfill_training.evaluation import methods as judged
from cellfill_training.evaluation.protocols import known_truth

from .networks import model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training import Study

    from .sources import Cells
    from .worker import Run

WORKERS = Path(__file__).parents[1] / "accuracy" / "workers"
SHARE = 0.9
# A zero predicted where a molecule is costs infinitely much: every method gets the best of these, in counts.
FLOORS = (1e-6, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


def run(run: Run, cells: Cells) -> dict[str, dict[str, float]]:
    """Return figures by variant: as it is, and of networks calibrated, and weighed with what was observed."""
    hidden = None
    if cells.truth is None:
        seen, rest = split_molecules(cells.counts, seed=run.seed, share=SHARE)
        kept = np.flatnonzero(np.diff(seen.indptr) > 0)
        cells, hidden = replace(cells.take(kept), counts=seen[kept].tocsr()), rest[kept].tocsr()
    study = cells.study()
    with run.watch():
        found = _estimates(run, cells, study)
    trivial = baselines.gene_mean(study.counts)
    result = {}
    for variant, values in found.items():
        filled = np.isfinite(values).all(axis=0)
        whole = np.where(filled, values, trivial)
        if hidden is None:
            scores = known_truth.score({"expected": whole}, study, cells.truth)["expected, all"]
            figures = {
                "gene_correlation": scores.gene_correlation,
                "cell_correlation": scores.cell_correlation,
                "gene_gene_error": scores.gene_gene_error,
            }
        else:
            figures = {"explained": explained(whole, hidden, trivial)}
        result[variant] = figures | {"filled": float(filled.mean())}
    return result


def explained(values: NDArray[np.float32], hidden: csr_matrix, trivial: NDArray[np.float32]) -> float:
    """Return the share of the Poisson deviance of hidden molecules that is told beyond gene means x library."""
    truth, scale = hidden.toarray().astype(np.float64), (1 - SHARE) / SHARE
    best = min(_deviance(truth, np.maximum(values, floor) * scale) for floor in FLOORS)
    plain = min(_deviance(truth, np.maximum(trivial, floor) * scale) for floor in FLOORS)
    return 1 - best / plain


def _deviance(truth: NDArray[np.float64], mean: NDArray[np.float64]) -> float:
    logs = np.where(truth > 0, truth * np.log(np.maximum(truth, 1e-12) / mean), 0)
    return float(2 * (logs - truth + mean).sum(dtype=np.float64))


def _estimates(run: Run, cells: Cells, study: Study) -> Mapping[str, NDArray[np.float32]]:
    if run.method.network:
        made = model_of(run, cells)
        plain, calibrated = (
            judged.of_bundle(made, calibrate=calibrate).predict(study) for calibrate in (False, True)
        )
        meaning = made.manifest.graph.output_meaning
        found = {"": plain[meaning], "calibrated": calibrated[meaning]}
        if "posterior" not in calibrated:
            return found
        kept, _ = Judge(made).predict(
            study, study.counts, estimate="posterior", calibrate=True, keep_correlations=True
        )
        kept[:, ~np.isfinite(calibrated[meaning]).all(axis=0)] = np.nan
        return found | {"posterior": calibrated["posterior"], "kept": kept}
    if run.name == "gene-mean":
        return {"": baselines.gene_mean(study.counts)}
    sys.path.insert(0, str(WORKERS))
    if run.name == "knn":
        from knn import knn

        return {"": knn(study.counts)}
    if run.name == "alra":
        from alra import alra

        return {"": alra(study.counts)[0]}
    from accuracy.magic import magic

    values, said = magic(study, environments=run.scratch / "environments", folder=run.folder, seed=run.seed)
    run.took_elsewhere(said)
    return {"": values}
