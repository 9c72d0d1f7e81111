"""Rare genes, read off the hidden neurons that common genes trained.

A gene in some tens of cells cannot teach hundreds of weights, and taught together with the others it would learn
those cells by heart. It does not train a sub-network: afterwards its own weights are fitted, by Poisson likelihood,
with the weights of its group's common genes as the prior. Empirical Bayes: a rare gene may follow what common genes
follow, as far as its counts say so, and else stays at its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill_training.studies.blocks import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cellfill_training.architectures.subnetworks.network import SubNetworks
    from cellfill_training.architectures.subnetworks.selection import Plan
    from cellfill_training.fitting.levels import Levels
    from cellfill_training.studies.cohort import Cohort

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

# Directions of the prior: what is left of the common genes' weights after so many moves no mean by much.
RANK = 24
# Variances of the prior, relative to the common genes'; the held-out cells choose.
VARIANCES = (0.25, 1.0, 4.0, 0.05, 0.01)
_STEPS = 8
_FARTHEST, _CLOSE = 2.0, 0.01  # of a Newton step, in standard deviations of the prior: the longest, and the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """How rare genes were fitted.

    Attributes
    ----------
    genes
        How many.
    variance
        Of the prior, relative to that of the common genes' weights; 0 where all stay at their means, since no
        variance told the held-out cells better.
    held_out_gain
        Poisson log-likelihood of the held-out cells' counts of these genes beyond that of their means, in nats a
        molecule.
    """

    genes: int
    variance: float
    held_out_gain: float


def read_off_rare(
    networks: SubNetworks, cohort: Cohort, levels: Levels, plan: Plan, *, held: NDArray[np.intp]
) -> Readout:
    """Fit the last layer's weights of the rare targets, in place.

    For each sub-network, with W the last layer's weights of its c common genes, hidden x c = U S V': the neurons h
    enter as f = (h - mean h) U S / sqrt(c), of which `RANK` are kept, and a gene's log mean is b + u'f beyond its
    mean, u ~ N(0, variance). Newton's steps find the mode.

    Parameters
    ----------
    networks
        Trained on the common targets.
    cohort, levels
        The cells, in the model's genes, targets first.
    plan
        Which targets are rare.
    held
        Cells that choose the prior's variance, and teach nothing.
    """
    rows = np.setdiff1d(np.arange(cohort.counts.shape[0]), held)
    losses, plain, molecules = np.zeros(len(VARIANCES)), 0.0, 0.0
    found: list[tuple[_Group, Float32, list[Float64]]] = []
    for number in range(networks.shape.networks):
        group = _Group(networks, cohort, levels, plan, number)
        if not len(group.rare):
            continue
        taught = group.cells(rows, mean=None)
        solutions: list[Float64] = []
        for variance in VARIANCES:
            solutions.append(_mode(taught, variance, solutions[-1] if solutions else None))
        judged = group.cells(held, mean=taught.mean)
        losses += [_loss(judged, solution) for solution in solutions]
        plain += _loss(judged, np.zeros_like(solutions[0]))
        molecules += judged.molecules
        found.append((group, taught.mean, solutions))
    best = int(np.argmin(losses))
    told = bool(losses[best] < plain)
    for group, mean, solutions in found:
        group.take(solutions[best] if told else np.zeros_like(solutions[best]), mean)
    return Readout(
        genes=int(plan.rare.sum()),
        variance=VARIANCES[best] if told else 0.0,
        held_out_gain=float((plain - losses[best]) / max(molecules, 1.0)) if told else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """Some cells, as a group's rare genes see them: cells x (1 + directions), counts, and means without them."""

    features: Float32
    mean: Float32
    blocks: tuple[tuple[Float32, Float32], ...]
    molecules: float

    def each(self) -> Iterator[tuple[Float32, Float32, Float32]]:
        """Yield features, counts and what the genes' means would be, block by block."""
        start = 0
        for counts, offset in self.blocks:
            yield self.features[start : start + len(counts)], counts, offset
            start += len(counts)


class _Group:
    """A sub-network, its rare genes, and the directions in which its common genes' weights lie."""

    def __init__(self, networks: SubNetworks, cohort: Cohort, levels: Levels, plan: Plan, number: int) -> None:
        self.networks, self.cohort, self.levels, self.number = networks, cohort, levels, number
        genes = np.asarray(plan.group(number))
        is_rare = plan.rare[genes]
        self.rare = genes[is_rare]
        self.places = np.flatnonzero(is_rare)
        self.w1, self.b1, self.w2, self.b2 = (variable[number].numpy() for variable in networks.weights)
        common = self.w2[:, : len(genes)][:, ~is_rare].astype(np.float64)
        left, size, _ = np.linalg.svd(common, full_matrices=False)
        self.basis = (left * (size / np.sqrt(common.shape[1])))[:, :RANK]
        known = np.flatnonzero(networks.padding[number, :, 0].numpy() > 0)
        self.reads, self.w1 = networks.gather[number][known], self.w1[known]

    def cells(self, rows: NDArray[np.intp], *, mean: Float32 | None) -> _Cells:
        """Return cells; features are taken from the neurons' mean in these cells, or from one that is given."""
        hidden, blocks, molecules = [], [], 0.0
        for start in range(0, len(rows), BLOCK):
            some = rows[start : start + BLOCK]
            counts, study = self.cohort.counts[some], self.cohort.study[some]
            factors = self.levels.size_factors[some][:, None]
            read = np.log1p(counts[:, self.reads].toarray() / factors) - self.levels.centres[self.reads]
            read = np.where(self.cohort.measured[study][:, self.reads], read, 0).astype(np.float32)
            hidden.append(np.maximum(read @ self.w1 + self.b1, 0))
            own = self.levels.means[self.rare] * self.levels.study_levels[study][:, self.rare] * factors
            own = np.where(self.cohort.measured[study][:, self.rare], own, 0).astype(np.float32)
            truth = counts[:, self.rare].toarray().astype(np.float32)
            blocks.append((truth, own))
            molecules += float(truth.sum(dtype=np.float64))
        every = np.concatenate(hidden)
        middle = every.mean(axis=0) if mean is None else mean
        features = np.hstack([np.ones((len(every), 1)), (every - middle) @ self.basis])
        return _Cells(features=features.astype(np.float32), mean=middle, blocks=tuple(blocks), molecules=molecules)

    def take(self, solution: Float64, mean: Float32) -> None:
        """Set the weights of the rare genes."""
        weights = self.basis @ solution[1:]
        self.w2[:, self.places] = weights
        self.b2[0, self.places] = solution[0] - mean @ weights
        self.networks.w2[self.number].assign(self.w2)
        self.networks.b2[self.number].assign(self.b2)


def _mode(cells: _Cells, variance: float, start: Float64 | None) -> Float64:
    """Return the mode, (1 + directions) x genes, by Newton's method on all genes at once.

    A gene of which these cells have no molecule stays at its mean.
    """
    width, genes = cells.features.shape[1], cells.blocks[0][0].shape[1]
    upper = np.triu_indices(width)
    precision = np.full(width, 1 / variance)
    precision[0] = 1e-6  # the level is the gene's own
    found = np.zeros((width, genes)) if start is None else start.copy()
    for _ in range(_STEPS):
        slope, curve = -precision[:, None] * found, np.zeros((len(upper[0]), genes))
        for features, counts, means in cells.each():
            expected = means * np.exp(np.minimum(features @ found.astype(np.float32), 20.0))
            slope += features.T @ (counts - expected)
            curve += (features[:, upper[0]] * features[:, upper[1]]).T @ expected
        whole = np.zeros((genes, width, width))
        whole[:, upper[0], upper[1]] = whole[:, upper[1], upper[0]] = curve.T
        whole[:, np.arange(width), np.arange(width)] += precision
        step = np.linalg.solve(whole, slope.T[:, :, None])[:, :, 0].T
        longest = np.abs(step).max(axis=0) / (_FARTHEST * np.sqrt(variance))
        found += step / np.maximum(longest, 1.0)
        if np.abs(step).max() < _CLOSE * np.sqrt(variance):
            break
    found[:, sum(counts.sum(axis=0) for _, counts, _ in cells.each()) == 0] = 0
    return found


def _loss(cells: _Cells, solution: Float64) -> float:
    """Return the Poisson loss of the counts, mu - y log mu, up to what no solution changes."""
    total = 0.0
    for features, counts, means in cells.each():
        log_change = np.minimum(features @ solution, 20.0)
        total += float((means * np.exp(log_change) - counts * log_change).sum(dtype=np.float64))
    return total
