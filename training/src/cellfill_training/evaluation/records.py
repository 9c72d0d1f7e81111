"""What an evaluation found: one record a method, protocol, draw and read-out; and their means over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The scores of one method on one draw.

    Attributes
    ----------
    data, protocol, method
        Names.
    share
        Share of the cells that the method learned from.
    read_out
        The estimate (policy ``zeros`` where zeros are filled), or the estimate and ``all``; empty where it failed.
    cells, seed
        Of the draw.
    values
        Figures by name; empty where the method failed.
    seconds, peak_mb
        Cost of the prediction, see `cost.Cost`; the same for all read-outs of one prediction.
    error
        Why there are no figures; empty where there are.
    """

    data: str
    protocol: str
    method: str
    share: float
    read_out: str
    cells: int
    seed: int
    values: Mapping[str, float]
    seconds: float
    peak_mb: float
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Mean and spread over seeds of one method, read-out and number of cells.

    Attributes
    ----------
    data, protocol, method, share, read_out, cells
        As in `Record`.
    seeds
        How many draws have figures.
    mean, spread
        Mean and standard deviation (n - 1; NaN for one draw) over the seeds, by figure.
    seconds, peak_mb
        Means over the seeds.
    errors
        What went wrong, each message once.
    """

    data: str
    protocol: str
    method: str
    share: float
    read_out: str
    cells: int
    seeds: int
    mean: Mapping[str, float]
    spread: Mapping[str, float]
    seconds: float
    peak_mb: float
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Hidden entries of one draw and what a method said of them, for figures.

    Attributes
    ----------
    data, method, read_out
        Names.
    truth, imputed
        In counts.
    cell, gene
        Where each is.
    gene_mean, library
        Mean count of each gene and counts of each cell, in what the method saw.
    """

    data: str
    method: str
    read_out: str
    truth: NDArray[np.float32]
    imputed: NDArray[np.float32]
    cell: NDArray[np.intp]
    gene: NDArray[np.intp]
    gene_mean: NDArray[np.float64]
    library: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """All that was found.

    Attributes
    ----------
    records
        Every score.
    entries
        Hidden entries of the first draw of all cells (or the most), for figures.
    """

    records: tuple[Record, ...]
    entries: tuple[Entries, ...] = ()

    def summaries(self) -> tuple[Summary, ...]:
        """Return means and spreads over seeds, in the order of the records."""
        return summarise(self.records)


def summarise(records: Sequence[Record]) -> tuple[Summary, ...]:
    """Return means and spreads over the seeds of each method, read-out and number of cells."""
    groups: dict[tuple[str, str, int, str, float, str], list[Record]] = {}
    for r in records:
        groups.setdefault((r.data, r.protocol, r.cells, r.method, r.share, r.read_out), []).append(r)
    return tuple(_summary(group) for group in groups.values())


def _summary(group: Sequence[Record]) -> Summary:
    first, good = group[0], [r for r in group if not r.error]
    mean, spread = {}, {}
    for name in good[0].values if good else ():
        found = np.array([r.values[name] for r in good], dtype=np.float64)
        mean[name] = float(found.mean())
        spread[name] = float(found.std(ddof=1)) if len(found) > 1 else float("nan")
    return Summary(
        data=first.data,
        protocol=first.protocol,
        method=first.method,
        share=first.share,
        read_out=first.read_out,
        cells=first.cells,
        seeds=len(good),
        mean=mean,
        spread=spread,
        seconds=float(np.mean([r.seconds for r in group])),
        peak_mb=float(np.mean([r.peak_mb for r in group])),
        errors=tuple(dict.fromkeys(r.error for r in group if r.error)),
    )
