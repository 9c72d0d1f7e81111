"""Differential expression: how well true differences are found in filled counts (Arisdakessian 2019, Fig. 5c)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import fillings
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.evaluation.methods import Values

Test = Literal["t-test", "wilcoxon"]
_TOP = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferentialScores:
    """Differential expression, each group against the rest, against the genes that truly differ.

    Attributes
    ----------
    auc
        Area under the ROC curve over the 500 most significant genes of each group, groups pooled: the paper's.
        Which genes those are depends on the method.
    auc_all
        The same over all genes: the same genes for every method.
    precision
        Share of the 500 that truly differ.
    false_positives
        Share of the genes that do not differ, in any group, that are called at an adjusted p below 0.05. Above
        0.05 means that p values cannot be believed.
    """

    auc: float
    auc_all: float
    precision: float
    false_positives: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedCells:
    """A study of which it is known what differs.

    Attributes
    ----------
    study, groups
        The cells, and the group of each, from 0.
    differs
        Groups x the study's genes: whether the gene truly differs in the group.
    test
        ``t-test`` (the paper's) or ``wilcoxon``.
    """

    protocol: ClassVar[str] = "differential"
    common: ClassVar[bool] = False

    study: Study
    groups: NDArray[np.intp]
    differs: NDArray[np.bool_]
    test: Test = "t-test"

    @property
    def seen(self) -> Study:
        """The study."""
        return self.study

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, DifferentialScores]:
        """Score each estimate under the policies ``zeros`` and ``all``."""
        chosen = np.arange(self.study.counts.shape[1]) if genes is None else genes
        return {
            name: differential_scores(filled, self.groups, self.differs[:, chosen], test=self.test)
            for name, filled in fillings(values, self.study.counts, chosen)
        }


def score(
    given: Method | Values,
    study: Study,
    groups: NDArray[np.intp],
    differs: NDArray[np.bool_],
    *,
    test: Test = "t-test",
) -> dict[str, DifferentialScores]:
    """Fill a study, test every gene in each group against the rest, and compare with the truth.

    As the paper's text has it ("Differential expression analysis"): scanpy's t-test on log1p counts by library
    size, Benjamini-Hochberg, the 500 most significant genes of each group pooled, scored by 1 - adjusted p. Where
    the text is silent: genes are ranked by the absolute test statistic, since half of the true ones go down; and p
    values are compared as they are, since 1 - p is 1 for all below 1e-16.

    Parameters
    ----------
    given
        A method, or what one predicted for ``study``.
    study, groups, differs, test
        See `GroupedCells`; `simulation.simulate` makes them.

    Returns
    -------
    Scores for each estimate, filled by policy ``zeros`` (the estimate's name) and ``all`` (``expected, all``).

    Raises
    ------
    MissingDependencyError
        When scanpy or scikit-learn is not installed.
    """
    task = GroupedCells(study=study, groups=groups, differs=differs, test=test)
    return task.score(as_values(given, study))


def differential_scores(
    counts: NDArray[np.float32],
    groups: NDArray[np.intp],
    differs: NDArray[np.bool_],
    *,
    test: Test = "t-test",
) -> DifferentialScores:
    """Test filled counts, cells x genes, and compare with the truth, as `score` does."""
    metrics = require("sklearn.metrics", purpose="Judging differential expression")
    present = [g for g in np.unique(groups) if (groups == g).sum() > 1]
    adjusted, order = _p_values(counts, groups, present, test)
    truth = differs[present]
    top = np.zeros_like(truth)
    np.put_along_axis(top, order[:, :_TOP], values=True, axis=1)
    never = ~differs.any(axis=0)
    return DifferentialScores(
        auc=_auc(metrics.roc_auc_score, truth[top], -adjusted[top]),
        auc_all=_auc(metrics.roc_auc_score, truth.ravel(), -adjusted.ravel()),
        precision=float(truth[top].mean()),
        false_positives=float((adjusted[:, never] < 0.05).mean()) if never.any() else float("nan"),
    )


def _p_values(
    counts: NDArray[np.float32], groups: NDArray[np.intp], present: list[np.intp], test: Test
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return adjusted p values, groups x genes, and each group's genes from the most significant down."""
    scanpy = require("scanpy", purpose="Testing differential expression")
    anndata = require("anndata", purpose="Testing differential expression")
    pandas = require("pandas", purpose="Testing differential expression")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adata = anndata.AnnData(counts.copy())
        adata.var_names = [str(gene) for gene in range(adata.n_vars)]
        adata.obs["group"] = pandas.Categorical([str(g) for g in groups])
        scanpy.pp.normalize_total(adata)
        scanpy.pp.log1p(adata)
        names = [str(g) for g in present]
        scanpy.tl.rank_genes_groups(adata, "group", groups=names, method=test, rankby_abs=True)
    found = adata.uns["rank_genes_groups"]
    order = np.stack([np.asarray(found["names"][name], dtype=np.intp) for name in names])
    ranked = np.stack([np.asarray(found["pvals_adj"][name], dtype=np.float64) for name in names])
    adjusted = np.ones_like(ranked)
    np.put_along_axis(adjusted, order, np.where(np.isfinite(ranked), ranked, 1.0), axis=1)
    return adjusted, order


def _auc(area: object, truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    return float(area(truth, score)) if truth.any() and not truth.all() else float("nan")  # type: ignore[operator]
