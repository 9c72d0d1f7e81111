"""Does a method help, gene by gene? Its errors beside a trivial method's, with a test that counts the genes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill_training.evaluation.by_gene.errors import hidden_errors, molecule_losses
from cellfill_training.evaluation.by_gene.paired_tests import paired_tests
from cellfill_training.evaluation.methods import Method
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["helps", "harms", "no difference shown", "not measured"]

_ROUNDS = 5  # of hiding entries
_LEVEL = 0.05  # false discovery rate


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneVerdict:
    """One gene of one study.

    Attributes
    ----------
    data, gene
        The study, and the gene's first name in it.
    detected
        Share of the cells that have it.
    entries
        Hidden entries, distinct.
    mse, pearson, baseline_mse, baseline_pearson
        Of ``expressed`` on log1p counts; the baseline is whichever of the non-zero mean + library slope and the
        zero-truncated gene mean x library has the lower MSE for the gene.
    masked_q, masked
        Adjusted p value of the difference in squared error, and the verdict.
    loss, baseline_loss
        Poisson loss an entry of predicting a tenth of the molecules from the others, ``expected``; the baseline
        is gene mean x library. Sees zeros.
    molecules_q, molecules
        Adjusted p value of the difference in loss, and the verdict.
    """

    data: str
    gene: str
    detected: float
    entries: int
    mse: float
    pearson: float
    baseline_mse: float
    baseline_pearson: float
    masked_q: float
    masked: Verdict
    loss: float
    baseline_loss: float
    molecules_q: float
    molecules: Verdict


def gene_verdicts(
    method: Method,
    study: Study,
    genes: NDArray[np.intp],
    *,
    rounds: int = _ROUNDS,
    level: float = _LEVEL,
    seed: int = 0,
) -> tuple[GeneVerdict, ...]:
    """Say of each gene of a study whether a method helps, harms, or neither can be shown.

    Each gene's paired differences (by hidden entry; by cell for the molecules) are tested by a two-sided t test, at
    least ten of them, and the p values of all genes adjusted together for the false discovery rate (Benjamini &
    Hochberg 1995). "No difference shown" is not "no difference": rare genes have few entries.

    Parameters
    ----------
    method
        What is judged.
    study
        Cells that the method did not learn from, unless it is one that learns from what it fills.
    genes
        Columns to judge.
    rounds
        Times that entries are hidden anew, ten a gene each; an entry that is drawn again is not counted again.
    level
        False discovery rate below which a difference counts as shown.
    seed
        Of the draws.
    """
    ours, trivial, gene = hidden_errors(method, study, genes, rounds=rounds, seed=seed)
    width = study.counts.shape[1]
    difference = trivial.squares - ours.squares
    q, entries = paired_tests(difference, gene, width)
    losses = molecule_losses(method, study, genes, seed=seed)
    detected = np.diff(study.counts.tocsc().indptr) / study.counts.shape[0]
    return tuple(
        GeneVerdict(
            data=study.name,
            gene=study.gene_names[0][g],
            detected=float(detected[g]),
            entries=int(entries[g]),
            mse=float(ours.mse[g]),
            pearson=float(ours.pearson[g]),
            baseline_mse=float(trivial.mse[g]),
            baseline_pearson=float(trivial.pearson[g]),
            masked_q=float(q[g]),
            masked=_verdict(q[g], trivial.mse[g] - ours.mse[g], level),
            loss=float(losses.ours[i]),
            baseline_loss=float(losses.trivial[i]),
            molecules_q=float(losses.q[i]),
            molecules=_verdict(losses.q[i], losses.trivial[i] - losses.ours[i], level),
        )
        for i, g in enumerate(genes.tolist())
    )


def as_tsv(verdicts: Sequence[GeneVerdict]) -> str:
    """Return the table as tab-separated text; a figure that could not be measured is empty."""
    columns = [field.name for field in dataclasses.fields(GeneVerdict)]
    rows = [[_cell(getattr(verdict, column)) for column in columns] for verdict in verdicts]
    return "\n".join("\t".join(row) for row in [columns, *rows]) + "\n"


def headline(verdicts: Sequence[GeneVerdict]) -> str:
    """Return one line: how many genes were helped and harmed."""
    parts = []
    for label, found in (
        ("masked entries", [v.masked for v in verdicts]),
        ("molecules", [v.molecules for v in verdicts]),
    ):
        parts.append(
            f"{label}: helps {found.count('helps'):,}, harms {found.count('harms'):,}, no difference shown "
            f"{found.count('no difference shown'):,}, not measured {found.count('not measured'):,}"
        )
    return f"{verdicts[0].data}, {len(verdicts):,} genes; " + "; ".join(parts)


def _verdict(q: float, gain: float, level: float) -> Verdict:
    if not np.isfinite(q):
        return "not measured"
    if q >= level or gain == 0:
        return "no difference shown"
    return "helps" if gain > 0 else "harms"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return str(value)
