"""Masked entries on the user's own cells: hide counts, and find them again (Arisdakessian 2019, Methods)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cellfill.estimates import expressed
from cellfill.fitness import baselines
from cellfill.fitness.fitted import fit
from cellfill.fitness.hiding import hide_again
from cellfill.fitness.metrics import masked_scores
from cellfill.progress import each

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.calibration.corrections import Reach
    from cellfill.fitness.space import Space

    Float32 = NDArray[np.float32]

PLAIN, CALIBRATED = "model, plain", "model, calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenEntries:
    """Non-zero counts that were hidden, and what was put in their place; estimate ``expressed``.

    Attributes
    ----------
    cell, gene
        Of each entry: the cell of the sample, and the place among the judged genes.
    truth
        The counts.
    found
        By method, the imputed counts.
    """

    cell: NDArray[np.intp]
    gene: NDArray[np.intp]
    truth: Float32
    found: dict[str, Float32]

    def scores(self, method: str) -> tuple[float, float]:
        """Return MSE and Pearson on log1p counts."""
        scored = masked_scores(self.found[method], self.truth)
        return scored["mse"], scored["pearson"]

    def squares(self, method: str) -> NDArray[np.float64]:
        """Return the squared error of each entry on log1p counts."""
        found: NDArray[np.float64] = np.log1p(self.found[method].astype(np.float64))
        return (found - np.log1p(self.truth.astype(np.float64))) ** 2

    def gains(
        self, method: str, *, genes: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
        """Return of each gene by how much the squared error is below the baseline's, its variance, and the entries.

        The baseline is the non-zero mean + library slope. A gene without entries has a gain of 0 and a variance
        that says nothing.
        """
        difference = self.squares(baselines.NONZERO) - self.squares(method)
        number = np.bincount(self.gene, minlength=genes)
        safe = np.maximum(number, 1)
        mean = np.bincount(self.gene, difference, genes) / safe
        spread = np.bincount(self.gene, (difference - mean[self.gene]) ** 2, genes) / safe
        usual = float(difference.var()) if len(difference) else 1.0
        # A few entries that happen to agree do not make a gene certain: so many entries' worth of the usual spread.
        variance = (spread * number + usual * _PRIOR_ENTRIES) / (number + _PRIOR_ENTRIES) / safe
        return mean, np.where(number > 0, variance, 1e6), number


_PRIOR_ENTRIES = 5.0


def measure_entries(
    space: Space,
    *,
    rounds: int,
    calibrated: bool,
    meaning: Literal["expected", "expressed"],
    part: Reach | None = None,
    seed: int = 0,
) -> HiddenEntries:
    """Hide ten non-zero counts of each judged gene (at most half of them), and impute them; several times.

    Parameters
    ----------
    space
        The model and the cells.
    rounds
        How often; an entry that is drawn again is not counted again.
    calibrated
        Whether the model is calibrated.
    meaning
        What the graph's output means.
    part
        How far the calibration goes; found in every round by default.
    seed
        Of the draw.
    """
    place = np.full(space.counts.shape[1], -1, dtype=np.intp)
    place[space.columns] = np.arange(len(space.outputs))
    parts: list[HiddenEntries] = []
    draws = hide_again(space.counts, space.columns, seeds=range(seed, seed + rounds))
    for masked in each(draws, "hidden counts", total=rounds, worth=rounds):
        cell, gene = masked.rows, place[masked.columns]
        fitted = fit(space, masked.counts, calibrated=calibrated, meaning=meaning, part=part)
        read = expressed if meaning == "expected" else _at_least_one
        plain, corrected = (np.zeros(len(cell), dtype=np.float32) for _ in range(2))
        for means in fitted.means():
            here = np.flatnonzero((cell >= means.rows.start) & (cell < means.rows.stop))
            where = cell[here] - means.rows.start, gene[here]
            plain[here] = read(means.plain[where])
            corrected[here] = read(means.calibrated[where])
        found = {PLAIN: plain, **({CALIBRATED: corrected} if calibrated else {})}
        for name, values in _trivial(space.observed(masked.counts)).items():
            found[name] = values[cell, gene]
        parts.append(HiddenEntries(cell=cell, gene=gene, truth=masked.truth, found=found))
    return _together(parts, genes=len(space.outputs))


def _trivial(counts: csr_matrix) -> dict[str, Float32]:
    counts.sum_duplicates()
    return {
        baselines.NONZERO: baselines.nonzero_mean(counts),
        baselines.MEAN_TRUNCATED: baselines.gene_mean_truncated(counts),
        baselines.NONE: np.broadcast_to(np.float32(0), counts.shape),
    }


def _at_least_one(values: Float32) -> Float32:
    """Return what imputing makes of a graph that gives ``expressed`` directly."""
    return np.maximum(values, np.float32(1))


def _together(parts: list[HiddenEntries], *, genes: int) -> HiddenEntries:
    cell, gene = (np.concatenate([getattr(part, name) for part in parts]) for name in ("cell", "gene"))
    _, first = np.unique(cell * genes + gene, return_index=True)
    return HiddenEntries(
        cell=cell[first],
        gene=gene[first],
        truth=np.concatenate([part.truth for part in parts])[first],
        found={method: np.concatenate([part.found[method] for part in parts])[first] for method in parts[0].found},
    )
