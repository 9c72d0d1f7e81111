"""Which cells a new model is judged on, and when there are too few of them to say anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import Bundle, GeneIndex
from cellfill.progress import phase
from cellfill_training.cards.facts import NOT_JUDGED, STOPPING_OF
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.judging.gene_quality import Quality

# A figure of fewer cells, or hidden counts, is luck: two cells gave a Pearson of .86 to a model of fifty.
LEAST_CELLS = 20
LEAST_ENTRIES = 500
# More held-out cells of a study would cost memory and say the same.
_MOST_CELLS = 1000


def choose_cells(
    judges: Sequence[Study], cohort: Cohort, held: NDArray[np.intp]
) -> tuple[list[Study], tuple[str, ...]]:
    """Return what to judge a model on: the held-out studies, or the cells that stopped its training.

    Parameters
    ----------
    judges
        Studies that trained nothing; may be none.
    cohort, held
        The cells of the training, and which of them were held out.

    Returns
    -------
    Studies of at least `LEAST_CELLS` cells, and a word on each other.
    """
    found = list(judges) or _stopping_cells(cohort, held)
    few = tuple(_few(s.name, s.counts.shape[0], "cell") for s in found if s.counts.shape[0] < LEAST_CELLS)
    return [study for study in found if study.counts.shape[0] >= LEAST_CELLS], few


def judge_model(bundle: Bundle, unseen: Sequence[Study], few: Sequence[str]) -> Bundle:
    """Return a bundle with its figures: evaluations in the manifest, the quality of every gene in the gene index.

    Parameters
    ----------
    bundle
        The model, not judged yet.
    unseen, few
        Of `choose_cells`.
    """
    from cellfill_training.judging.gene_quality import ROUNDS, gene_quality
    from cellfill_training.judging.judge import Judge
    from cellfill_training.judging.study_scores import evaluate, predictions

    judge = Judge(bundle)
    with phase("judging", total=predictions(judge, unseen)):
        evaluations = evaluate(judge, unseen)
    poor = {e.data: e.entries for e in evaluations if e.entries < LEAST_ENTRIES}
    few = (*few, *(_few(name, entries, "hidden count") for name, entries in poor.items()))
    judged = [study for study in unseen if study.name not in poor]
    manifest = replace(
        bundle.manifest,
        evaluations=tuple(e for e in evaluations if e.data not in poor),
        provenance=dict(bundle.manifest.provenance) | ({NOT_JUDGED: "; ".join(few)} if few else {}),
    )
    genes = bundle.genes
    if judged:
        with phase("judging gene by gene", total=len(judged) * ROUNDS):
            genes = _with_quality(bundle.genes, gene_quality(judge, judged))
    return replace(bundle, manifest=manifest, genes=genes)


def _few(name: str, number: int, what: str) -> str:
    return f"{name}, {number} {what}{'' if number == 1 else 's'}: too few for figures"


def _stopping_cells(cohort: Cohort, held: NDArray[np.intp]) -> list[Study]:
    """Return held-out cells of each training study as a study of its own."""
    result = []
    for number, name in enumerate(cohort.names):
        cells = held[cohort.study[held] == number]
        if len(cells) > _MOST_CELLS:
            cells = cells[np.linspace(0, len(cells) - 1, _MOST_CELLS).astype(np.intp)]
        measured = np.flatnonzero(cohort.measured[number])
        names = tuple(cohort.genes[g].ensembl_id or cohort.genes[g].symbol for g in measured)
        counts = cohort.counts[cells][:, measured]
        # They trained no weight but stopped the training, and had a part in choosing the genes: the name says so.
        result.append(Study(name=f"{STOPPING_OF}{name}", counts=counts, gene_names=(names,)))
    return result


def _with_quality(genes: GeneIndex, quality: Quality) -> GeneIndex:
    rows = list(genes)
    for i, row in enumerate(genes.targets):
        rows[row] = replace(
            rows[row],
            mse=float(quality.mse[i]),
            pearson=float(quality.pearson[i]),
            baseline_mse=float(quality.baseline_mse[i]),
            baseline_pearson=float(quality.baseline_pearson[i]),
        )
    return GeneIndex(rows)
