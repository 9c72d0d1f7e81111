"""Genes before and after imputing, in the cells of a check: those asked for, or some that the model knows best."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.genes.alignment import IMPUTED
from cellfill.plots.components import scale_of
from cellfill.report.clusters import LEAST_CELLS, standing_out
from cellfill.report.labels import UNKNOWN
from cellfill.report.on_genes import molecules_hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cellfill.fitness.check import Checked
    from cellfill.fitness.findings import GeneFits
    from cellfill.genes.alignment import Alignment
    from cellfill.report.asked_genes import AskedGenes
    from cellfill.report.cells import Cells

    Float64 = NDArray[np.float64]

_BY_ITSELF = 4  # genes that are shown where none are asked for
_MOST_SEEN = 0.9  # of a group's cells; of a gene that was counted in more there is little to fill
NOT_THERE = "the dataset does not have it, and imputing adds no genes"
UNKNOWN_TO_BOTH = "neither the data nor the model have a gene of this name"
NO_BETTER = "the model predicts it no better than its mean in these cells"
NO_COUNTS = "no count of it is in these cells"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A gene in a group of cells.

    Attributes
    ----------
    group, cells
        The group.
    seen
        Share of the cells with a count of it.
    zeros
        Zeros that were filled.
    put_in
        Mean of what was put in them; NaN for none.
    before, after
        Mean count of all cells of the group.
    """

    group: str
    cells: int
    seen: float
    zeros: int
    put_in: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A gene before and after.

    Attributes
    ----------
    name
        As it was asked for, or as the dataset has it.
    why_not
        Why it is not imputed; empty where it is.
    before, after
        Log-normalised, one a cell; None where there is nothing to show.
    filled
        What was filled where, group by group, the largest first.
    gain
        Of the model over the gene's mean, in nats a hidden molecule; NaN where it was not tried.
    trusted
        Whether the model surely predicts it by itself.
    """

    name: str
    why_not: str
    before: Float64 | None = None
    after: Float64 | None = None
    filled: tuple[Filled, ...] = ()
    gain: float = float("nan")
    trusted: bool = False


def choose_markers(cells: Cells, genes: GeneFits, groups: Sequence[str]) -> list[int]:
    """Return genes that tell groups apart and that the model surely predicts, as places among the judged genes.

    Of each group the gene that tells it most from every other group, among those that were missed in a tenth of its
    cells at least; the four groups that are told best.
    """
    kinds = [kind for kind, n in Counter(groups).most_common() if n >= LEAST_CELLS and kind != UNKNOWN]
    if len(kinds) < 2:
        return _differing(cells, genes)
    which = np.array(groups, dtype=object)
    members = [np.asarray(which == kind) for kind in kinds]
    _, distinct = standing_out(cells.logs, members)
    seen = np.stack([(cells.before[group] > 0).mean(axis=0) for group in members])
    score = np.where(genes.trusted & (seen < _MOST_SEEN), distinct, 0.0)
    best = score.argmax(axis=1)
    order = np.argsort(-score.max(axis=1), kind="stable")
    chosen = [int(best[k]) for k in order if score[k, best[k]] > 0]
    return list(dict.fromkeys(chosen))[:_BY_ITSELF] or _differing(cells, genes)


def _differing(cells: Cells, genes: GeneFits) -> list[int]:
    """Return the genes that differ most between cells, of those that the model surely predicts."""
    spread = np.where(genes.trusted, cells.logs.var(axis=0, dtype=np.float64), -np.inf)
    order = np.argsort(-spread, kind="stable")[:_BY_ITSELF]
    return [int(place) for place in order if spread[place] > 0]


def show_markers(
    checked: Checked, cells: Cells, groups: Sequence[str], *, asked: AskedGenes | None
) -> tuple[Marker, ...]:
    """Return the genes to be shown.

    Parameters
    ----------
    checked, cells
        What was found, and the cells before and after.
    groups
        One a cell.
    asked
        The genes asked for; None to choose some.
    """
    fitness, alignment = checked.fitness, checked.alignment
    assert fitness.genes is not None
    assert alignment is not None
    shown = _Shown(fitness.genes, cells, groups, of_molecules=molecules_hidden(fitness))
    if asked is None:
        return tuple(shown.judged(fitness.genes.names[i], i) for i in choose_markers(cells, fitness.genes, groups))
    place = {column: i for i, column in enumerate(alignment.target_columns.tolist())}
    found = []
    for name, own, row, unknown in zip(asked.names, asked.columns, asked.rows, asked.unknown, strict=True):
        column = own if own >= 0 else _column_of(alignment, row)
        if unknown:
            found.append(Marker(name=name, why_not=f"{UNKNOWN_TO_BOTH}{unknown}"))
        elif column < 0:
            found.append(Marker(name=name, why_not=NOT_THERE))
        elif column in place:
            real = fitness.genes.names[place[column]]
            found.append(shown.judged(real if real.upper() == name.upper() else f"{real} ({name})", place[column]))
        else:
            reason = alignment.reasons[column]
            found.append(shown.other(name, asked.counts(column, checked.rows), "" if reason == IMPUTED else reason))
    return tuple(found)


def _column_of(alignment: Alignment, row: int) -> int:
    return int(alignment.column_of_gene[row]) if row >= 0 else -1


class _Shown:
    """Makes markers of the genes of one check."""

    def __init__(self, genes: GeneFits, cells: Cells, groups: Sequence[str], *, of_molecules: bool) -> None:
        self._genes, self._cells, self._groups = genes, cells, np.array(groups, dtype=object)
        self._of_molecules = of_molecules
        self._scale = scale_of(cells.before.sum(axis=1, dtype=np.float64))

    def judged(self, name: str, place: int) -> Marker:
        """Return a gene that the model can fill."""
        genes, before = self._genes, self._cells.before[:, place].astype(np.float64)
        filled = bool(genes.filled[place])
        after = self._cells.after[:, place].astype(np.float64)
        return Marker(
            name=name,
            why_not="" if filled else NO_BETTER if genes.tried[place] else NO_COUNTS,
            before=np.log1p(before * self._scale),
            after=np.log1p(after * self._scale) if filled else None,
            filled=self._by_group(before, after),
            gain=float(genes.gain[place]) if self._of_molecules else float("nan"),
            trusted=bool(genes.trusted[place]),
        )

    def other(self, name: str, counts: Float64, why_not: str) -> Marker:
        """Return a gene that the model cannot fill."""
        return Marker(
            name=name,
            why_not=why_not,
            before=np.log1p(counts * self._scale),
            filled=self._by_group(counts, counts),
        )

    def _by_group(self, before: Float64, after: Float64) -> tuple[Filled, ...]:
        rows = []
        for group, number in sorted(Counter(self._groups.tolist()).items(), key=lambda item: (-item[1], item[0])):
            own = self._groups == group
            new = after[own & (before == 0) & (after > 0)]
            rows.append(
                Filled(
                    group=group,
                    cells=number,
                    seen=float((before[own] > 0).mean()),
                    zeros=len(new),
                    put_in=float(new.mean()) if len(new) else float("nan"),
                    before=float(before[own].mean()),
                    after=float(after[own].mean()),
                )
            )
        return tuple(rows)
