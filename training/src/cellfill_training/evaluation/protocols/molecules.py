"""Molecular cross-validation (Batson 2019): predict a tenth of the molecules from the others, zeros included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cellfill.estimates import Estimate
from cellfill.fitness.hiding import split_molecules
from cellfill.fitness.metrics import poisson_loss
from cellfill_training.evaluation.methods import Method, as_values
from cellfill_training.evaluation.protocols.filling import log_normalised
from cellfill_training.evaluation.protocols.task import scored_genes
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.evaluation.methods import Values

_READ_OUTS: tuple[Estimate, ...] = ("expected", "posterior")
_SHARE = 0.9
_LIBRARY = 10_000.0  # Open Problems
_LEAST = 1e-6  # of a predicted mean: Open Problems adds as much
_FLOORS = (0.003, 0.01, 0.03, 0.1, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeScores:
    """Losses of predicting the hidden molecules; lower is better, but for the scaled ones: 0 none, 1 perfect.

    Attributes
    ----------
    genes
        How many were scored.
    poisson_loss
        Mean over all entries of mu - y log mu, in nats, with mu the prediction / 9, at least 1e-6.
    poisson_loss_floored
        The same where zeros are predicted, after those were raised to whichever of five values suits best.
    mse
        Mean over all entries of the squared difference of log1p counts by library size, both sides to 10,000.
        A tenth of the molecules of a shallow cell is then mostly noise, a single one several log units high.
    mse_at_depth
        The same, both sides to the median number of hidden molecules of a cell.
    poisson_scaled, mse_scaled, mse_at_depth_scaled
        (none - loss) / (none - perfect); below 0 is worse than no denoising.
    """

    genes: int
    poisson_loss: float
    poisson_loss_floored: float
    mse: float
    mse_at_depth: float
    poisson_scaled: float
    mse_scaled: float
    mse_at_depth_scaled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMolecules:
    """A study with a part of its molecules taken away.

    Attributes
    ----------
    study
        The whole study.
    kept, rest
        The molecules to predict from, and those to predict; CSR.
    genes
        The genes that are scored.
    """

    protocol: ClassVar[str] = "molecules"
    common: ClassVar[bool] = True

    study: Study
    kept: csr_matrix
    rest: csr_matrix
    genes: NDArray[np.intp]

    @property
    def seen(self) -> Study:
        """The study with nine tenths of its molecules."""
        return Study(name=self.study.name, counts=self.kept, gene_names=self.study.gene_names)

    def score(self, values: Values, genes: NDArray[np.intp] | None = None) -> dict[str, MoleculeScores]:
        """Score the estimates ``expected`` and ``posterior``, as far as there are any."""
        chosen = scored_genes(values, self.genes, genes)
        hidden = self.rest[:, chosen]
        dense = hidden.toarray()
        library = dense.sum(axis=1)
        depth = float(np.median(library[library > 0])) if library.any() else 1.0
        raw = self.kept[:, chosen].toarray().astype(np.float32)
        none = _poisson(raw, hidden), _squares(raw, dense, _LIBRARY), _squares(raw, dense, depth)
        positive = hidden.data[hidden.data > 0].astype(np.float64)
        perfect = float((positive - positive * np.log(positive)).sum() / dense.size)
        result: dict[str, MoleculeScores] = {}
        for estimate in _READ_OUTS:
            if estimate not in values:
                continue
            mean = np.maximum(values[estimate][:, chosen], 0)
            poisson = _poisson(mean, hidden)
            mse, at_depth = _squares(mean, dense, _LIBRARY), _squares(mean, dense, depth)
            result[estimate] = MoleculeScores(
                genes=len(chosen),
                poisson_loss=poisson,
                poisson_loss_floored=_floored(mean, hidden, poisson),
                mse=mse,
                mse_at_depth=at_depth,
                poisson_scaled=_scaled(poisson, none[0], perfect),
                mse_scaled=_scaled(mse, none[1], 0.0),
                mse_at_depth_scaled=_scaled(at_depth, none[2], 0.0),
            )
        return result


def split(study: Study, genes: NDArray[np.intp], *, seed: int) -> SplitMolecules:
    """Split the molecules of every entry at random, nine to one."""
    kept, rest = split_molecules(study.counts, seed=seed, share=_SHARE)
    return SplitMolecules(study=study, kept=kept, rest=rest, genes=genes)


def score(given: Method | Values, study: Study, genes: NDArray[np.intp], *, seed: int) -> dict[str, MoleculeScores]:
    """Split a study's molecules 90/10 and score how the one part predicts the other.

    The scale is that of the "denoising" task of Open Problems (openproblems-bio/task_denoising), of which the two
    ends are its control methods: "no denoising", the 90 % themselves as the prediction; "perfect denoising", the
    10 % themselves. Two differences. There the perfect prediction is divided by nine like any other, and so is not
    the best of its loss; here it is not, so that its Poisson loss, the mean of y - y log y, is the least that there
    can be. And there 1e-6 is added to a predicted mean; here that is the least that a mean can be.

    Parameters
    ----------
    given
        A method, or what one predicted for ``split(study, genes, seed=seed).seen``.
    study
        The whole study.
    genes
        Columns that are scored, as far as the method fills them; the library size is taken over them.
    seed
        Of the split.

    Returns
    -------
    The scores of ``expected`` and ``posterior``, as far as the method has them.
    """
    task = split(study, genes, seed=seed)
    return task.score(as_values(given, task.seen))


def _poisson(values: NDArray[np.float32], hidden: csr_matrix) -> float:
    return poisson_loss(np.maximum(values / (_SHARE / (1 - _SHARE)), _LEAST), hidden)


def _floored(values: NDArray[np.float32], hidden: csr_matrix, loss: float) -> float:
    if values.min() > 0:
        return loss
    return min(loss, *(_poisson(np.maximum(values, floor), hidden) for floor in _FLOORS))


def _squares(values: NDArray[np.float32], hidden: NDArray[np.float32], target: float) -> float:
    difference = log_normalised(values, target=target) - log_normalised(hidden, target=target)
    return float(np.mean(difference**2, dtype=np.float64))


def _scaled(loss: float, none: float, perfect: float) -> float:
    return (none - loss) / (none - perfect) if none > perfect else float("nan")
