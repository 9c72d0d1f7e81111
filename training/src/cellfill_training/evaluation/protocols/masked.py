"""Masked entries: hide non-zero counts, and find them again (Arisdakessian 2019, "Accuracy comparison")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cellfill.estimates import Estimate
from cellfill.fitness.hiding import Masked, hide_entries
from cellfill.fitness.metrics import masked_scores, scores_by_gene
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.task import scored_genes
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.methods import Values

# What a hidden count can be compared with; `posterior` takes the zero that stands in its place for observed.
_READ_OUTS: tuple[Estimate, ...] = ("expressed", "expected")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedScores:
    """Error on log1p counts of hidden entries.

    Attributes
    ----------
    genes, entries
        How many were scored.
    mse, pearson
        Of all entries together. Pearson here is mostly the difference between genes.
    pearson_within_genes
        Of all entries, after each gene's mean is taken from both sides: what is known of the cells.
    gene_mse_mean, gene_mse_median, gene_pearson_mean, gene_pearson_median
        Over the genes with at least ten entries.
    cell_mse_mean, cell_mse_median, cell_pearson_mean, cell_pearson_median
        Over the cells with at least ten entries.
    """

    genes: int
    entries: int
    mse: float
    pearson: float
    pearson_within_genes: float
    gene_mse_mean: float
    gene_mse_median: float
    gene_pearson_mean: float
    gene_pearson_median: float
    cell_mse_mean: float
    cell_mse_median: float
    cell_pearson_mean: float
    cell_pearson_median: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenEntries:
    """A study with entries hidden.

    Attributes
    ----------
    study
        The whole study.
    masked
        Its counts with entries hidden, and what they were.
    genes
        The genes of which entries were hidden.
    """

    protocol: ClassVar[str] = "masked"
    common: ClassVar[bool] = True

    study: Study
    masked: Masked
    genes: NDArray[np.intp]

    @property
    def seen(self) -> Study:
        """The study with the hidden entries as zeros."""
        return Study(name=self.study.name, counts=self.masked.counts, gene_names=self.study.gene_names)

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, MaskedScores]:
        """Score the estimates ``expressed`` and ``expected``, as far as there are any."""
        kept = np.isin(self.masked.columns, scored_genes(values, self.genes, genes))
        where = self.masked.rows[kept], self.masked.columns[kept]
        truth = self.masked.truth[kept]
        return {
            estimate: entry_scores(values[estimate][where], truth, cell=where[0], gene=where[1])
            for estimate in _READ_OUTS
            if estimate in values
        }


def hide(study: Study, genes: NDArray[np.intp], *, seed: int) -> HiddenEntries:
    """Hide ten non-zero counts a gene, and at most half of them, drawn by the dropout curve (see `masking`)."""
    return HiddenEntries(study=study, masked=hide_entries(study.counts, genes, seed=seed), genes=genes)


def score(given: Method | Values, study: Study, genes: NDArray[np.intp], *, seed: int) -> dict[str, MaskedScores]:
    """Hide entries of a study and score how they are found again.

    Parameters
    ----------
    given
        A method, or what one predicted for ``hide(study, genes, seed=seed).seen``.
    study
        The whole study.
    genes
        Columns of which entries are hidden; those that the method does not fill are not scored.
    seed
        Of the draw.

    Returns
    -------
    The scores of ``expressed``, and of ``expected`` where the method has it. The hidden entries are all positive,
    so a mean, ``expected``, is too low for them by construction: its zero-truncated form, ``expressed``, is the
    fair one to compare with.
    """
    task = hide(study, genes, seed=seed)
    return task.score(as_values(given, task.seen))


def entry_scores(
    imputed: NDArray[np.float32],
    truth: NDArray[np.float32],
    *,
    cell: NDArray[np.intp],
    gene: NDArray[np.intp],
) -> MaskedScores:
    """Score entries, in counts, of which the cell and the gene are known."""
    imputed = np.maximum(imputed, 0)
    whole = masked_scores(imputed, truth)
    genes, of_gene = np.unique(gene, return_inverse=True)
    cells, of_cell = np.unique(cell, return_inverse=True)
    gene_mse, gene_pearson = scores_by_gene(imputed, truth, of_gene, len(genes))
    cell_mse, cell_pearson = scores_by_gene(imputed, truth, of_cell, len(cells))
    return MaskedScores(
        genes=len(genes),
        entries=len(truth),
        mse=whole["mse"],
        pearson=whole["pearson"],
        pearson_within_genes=_within(imputed, truth, of_gene),
        gene_mse_mean=_mean(gene_mse),
        gene_mse_median=_median(gene_mse),
        gene_pearson_mean=_mean(gene_pearson),
        gene_pearson_median=_median(gene_pearson),
        cell_mse_mean=_mean(cell_mse),
        cell_mse_median=_median(cell_mse),
        cell_pearson_mean=_mean(cell_pearson),
        cell_pearson_median=_median(cell_pearson),
    )


def _within(imputed: NDArray[np.float32], truth: NDArray[np.float32], gene: NDArray[np.intp]) -> float:
    """Return Pearson's r of log1p counts after each gene's mean is taken from both."""
    number = np.bincount(gene)
    x, y = np.log1p(imputed.astype(np.float64)), np.log1p(truth.astype(np.float64))
    x = x - (np.bincount(gene, x) / number)[gene]
    y = y - (np.bincount(gene, y) / number)[gene]
    size = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum() / size) if size > 1e-9 else 0.0


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
