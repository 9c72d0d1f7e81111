"""What a check of a model on a dataset found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.fitness.looked import Looked
from cellfill.fitness.verdict import Evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.fitness.entries import HiddenEntries

Protocol = Literal["masked entries", "molecules"]
# How sure it must be that the model itself predicts a gene better than its mean does, for a person to rely on it.
TRUSTED = 0.95
# Of the table of genes, in order.
GENE_COLUMNS = ("mean", "entries", "mse", "baseline_mse", "gain", "known", "trusted", "filled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One method under one protocol; lower ``mse`` and ``loss``, higher ``pearson`` are better.

    Attributes
    ----------
    protocol
        ``masked entries``, estimate ``expressed``: MSE and Pearson of log1p counts. ``molecules``, estimate
        ``expected``: Poisson loss an entry, in nats.
    method
        The model, plain or calibrated, or a trivial method.
    mse, pearson, loss
        NaN where they do not belong to the protocol.
    """

    protocol: Protocol
    method: str
    mse: float = float("nan")
    pearson: float = float("nan")
    loss: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneFits:
    """Gene by gene: how well a model predicts them in these cells. Arrays, one value a gene.

    Attributes
    ----------
    names
        As the dataset calls them.
    mean
        Mean count in the cells that were looked at.
    entries
        Hidden non-zero counts.
    mse, baseline_mse
        Of what imputing gives and of the non-zero mean + library slope, on log1p counts of the hidden entries,
        estimate ``expressed``, weighed with those of genes as much expressed (see `errors_by_gene`); NaN for a gene
        without counts.
    gain
        Of what imputing gives over gene mean x library, in nats a hidden molecule, estimate ``expected``, weighed
        with the gains of all genes (see `shrink`). Of a model without means: by how much the squared error is below
        the baseline's. NaN for a gene without counts.
    known
        Probability that the model itself, but for its level, predicts the gene better than its mean does.
    filled
        Whether imputing fills it: its gain is above 0, or there is none.
    """

    names: tuple[str, ...]
    mean: NDArray[np.float64]
    entries: NDArray[np.intp]
    mse: NDArray[np.float64]
    baseline_mse: NDArray[np.float64]
    gain: NDArray[np.float64]
    known: NDArray[np.float64]
    filled: NDArray[np.bool_]

    @property
    def tried(self) -> NDArray[np.bool_]:
        """Which genes have counts in the cells that were looked at."""
        return np.isfinite(self.gain)

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """Which genes the model itself surely knows."""
        return self.filled & (self.known >= TRUSTED)

    def to_frame(self) -> Any:
        """Return the table as a pandas DataFrame, indexed by gene name."""
        import pandas as pd

        return pd.DataFrame({c: getattr(self, c) for c in GENE_COLUMNS}, index=pd.Index(self.names, name="gene"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings(Looked):
    """Whether a model is fit to impute a dataset, and what that rests on; see `Looked` for the rest.

    A model that fits with limits is to be trusted with some genes only, see `GeneFits.trusted`.

    Attributes
    ----------
    evidence
        What the verdict rests on; None where the genes alone rule the model out, or there are too few cells.
    figures
        Every method under both protocols.
    genes
        Gene by gene; None where nothing was measured.
    entries
        The hidden counts and what was put in their place; None where nothing was measured.
    """

    evidence: Evidence | None = None
    figures: tuple[Figure, ...] = ()
    genes: GeneFits | None = None
    entries: HiddenEntries | None = None
