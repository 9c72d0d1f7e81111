"""Does a method help, gene by gene? Its errors beside a trivial method's, with a test that counts the genes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.fitness import baselines
from cellfill.fitness.metrics import scores_by_gene
from cellfill_training.evaluation.masked import hide
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.molecules import split
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

Verdict = Literal["helps", "harms", "no difference shown", "not measured"]

_ROUNDS = 5  # of hiding entries
_LEVEL = 0.05  # false discovery rate
_LEAST_MEAN = 1e-6  # as in `molecules`
_FEWEST = 10  # pairs of a test


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
    ours, trivial, gene = _hidden_errors(method, study, genes, rounds=rounds, seed=seed)
    width = study.counts.shape[1]
    difference = trivial.squares - ours.squares
    q, entries = paired_tests(difference, gene, width)
    losses = _losses(method, study, genes, seed=seed)
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


@dataclass(frozen=True, slots=True)
class _Errors:
    squares: Float64
    mse: Float64
    pearson: Float64


@dataclass(frozen=True, slots=True)
class _Losses:
    ours: Float64
    trivial: Float64
    q: Float64


def _hidden_errors(
    method: Method, study: Study, genes: NDArray[np.intp], *, rounds: int, seed: int
) -> tuple[_Errors, _Errors, NDArray[np.intp]]:
    """Return the errors of the method and of the better trivial one, and the gene of each entry."""
    found: list[list[NDArray[np.float32]]] = [[], [], [], []]
    places = []
    for number in range(rounds):
        task = hide(study, genes, seed=seed + number)
        masked, seen = task.masked, task.seen
        where = masked.rows, masked.columns
        values = as_values(method, seen)
        nothing = np.full(len(masked.truth), np.nan, dtype=np.float32)
        found[0].append(values["expressed"][where] if "expressed" in values else nothing)
        found[1].append(baselines.nonzero_mean(masked.counts)[where])
        found[2].append(baselines.gene_mean_truncated(masked.counts)[where])
        found[3].append(masked.truth)
        places.append(masked.rows * study.counts.shape[1] + masked.columns)
    _, first = np.unique(np.concatenate(places), return_index=True)
    mine, nonzero, mean, truth = (np.concatenate(parts)[first] for parts in found)
    gene = np.concatenate(places)[first] % study.counts.shape[1]
    ours, other, another = (_errors(values, truth, gene, study.counts.shape[1]) for values in (mine, nonzero, mean))
    better = np.nan_to_num(other.mse, nan=np.inf) <= np.nan_to_num(another.mse, nan=np.inf)
    return ours, _either(better, other, another, gene), gene


def _errors(values: NDArray[np.float32], truth: NDArray[np.float32], gene: NDArray[np.intp], width: int) -> _Errors:
    mse, pearson = scores_by_gene(values, truth, gene, width)
    squares = (np.log1p(values.astype(np.float64)) - np.log1p(truth.astype(np.float64))) ** 2
    return _Errors(squares, mse, pearson)


def _either(which: NDArray[np.bool_], one: _Errors, other: _Errors, gene: NDArray[np.intp]) -> _Errors:
    return _Errors(
        np.where(which[gene], one.squares, other.squares),
        np.where(which, one.mse, other.mse),
        np.where(which, one.pearson, other.pearson),
    )


def _losses(method: Method, study: Study, genes: NDArray[np.intp], *, seed: int) -> _Losses:
    """Return the Poisson loss of each gene, the trivial one's, and the adjusted p value of the difference."""
    task = split(study, genes, seed=seed)
    values = as_values(method, task.seen)
    if "expected" not in values:
        unknown = np.full(len(genes), np.nan)
        return _Losses(unknown, unknown, unknown)
    hidden = task.rest[:, genes].toarray().astype(np.float64)
    ours = _poisson(values["expected"][:, genes], hidden)
    trivial = _poisson(baselines.gene_mean(task.kept)[:, genes], hidden)
    difference = trivial - ours
    cells = len(difference)
    q = _adjusted(difference.mean(axis=0), difference.var(axis=0, ddof=1), np.full(len(genes), cells))
    return _Losses(ours.mean(axis=0), trivial.mean(axis=0), q)


def _poisson(mean: NDArray[np.float32], hidden: Float64) -> Float64:
    tenth = np.maximum(mean.astype(np.float64), 0) / 9
    tenth = np.where(np.isfinite(tenth), np.maximum(tenth, _LEAST_MEAN), np.nan)
    return np.asarray(tenth - hidden * np.log(tenth))


def paired_tests(difference: Float64, gene: NDArray[np.intp], genes: int) -> tuple[Float64, NDArray[np.intp]]:
    """Test whether the mean difference of each gene is 0.

    Returns
    -------
    Adjusted p value of each gene (NaN for fewer than ten pairs), and the number of its pairs.
    """
    number = np.bincount(gene, minlength=genes)
    mean = np.bincount(gene, difference, genes) / np.maximum(number, 1)
    variance = np.bincount(gene, (difference - mean[gene]) ** 2, genes) / np.maximum(number - 1, 1)
    return _adjusted(mean, variance, number), number


def _adjusted(mean: Float64, variance: Float64, number: NDArray[np.intp]) -> Float64:
    """Return two-sided p values of t tests against 0, adjusted by Benjamini and Hochberg; NaN for too few pairs."""
    from scipy import stats

    enough = (number >= _FEWEST) & np.isfinite(mean)
    error = np.sqrt(np.where(variance > 0, variance, np.inf) / np.maximum(number, 1))
    p = 2 * stats.t.sf(np.abs(mean) / error, np.maximum(number - 1, 1))
    q = np.full(len(mean), np.nan)
    if enough.any():
        q[enough] = stats.false_discovery_control(p[enough])
    return q


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
