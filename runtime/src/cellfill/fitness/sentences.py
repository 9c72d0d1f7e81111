"""A check, said to a person and to a machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.fitness.entries import CALIBRATED
from cellfill.fitness.looked import closing, opening, plain_opening
from cellfill.fitness.verdict import passed_genes
from cellfill.text.jsonable import jsonable

if TYPE_CHECKING:
    from cellfill.fitness.findings import Figure, Findings, GeneFits

_SHOWN = 10


def describe(fitness: Findings) -> str:
    """Say what was found, in lines."""
    lines = opening(fitness)
    if fitness.figures:
        lines += ["", *_tables(fitness.figures)]
    if fitness.genes is not None:
        lines += ["", *_genes(fitness, fitness.genes)]
    return "\n".join([*lines, "", closing(fitness)])


def best_and_worst(genes: GeneFits, *, number: int = _SHOWN) -> tuple[list[int], list[int]]:
    """Return the genes that the model predicts best and worst here, of those with enough counts to tell.

    By gain, among genes of which more counts were hidden than of half of the genes.
    """
    told = np.flatnonzero(genes.tried & (genes.mean >= np.median(genes.mean)))
    order = told[np.argsort(-genes.gain[told], kind="stable")]
    number = min(number, len(order) // 2)
    return order[:number].tolist(), order[::-1][:number].tolist()


def _tables(figures: tuple[Figure, ...]) -> list[str]:
    masked = [f for f in figures if f.protocol == "masked entries"]
    molecules = [f for f in figures if f.protocol == "molecules"]
    lines = ["hidden counts found again (estimate 'expressed', log1p counts)       MSE  Pearson"]
    lines += [f"    {f.method:<60}{f.mse:>8.4f} {f.pearson:>8.3f}" for f in masked]
    if molecules:
        lines += ["", "hidden molecules predicted (estimate 'expected')            Poisson loss"]
        lines += [f"    {f.method:<60}{f.loss:>8.4f}" for f in molecules]
    return lines


def filled_said(fitness: Findings, genes: GeneFits) -> str:
    """Say how many genes would be filled."""
    helped = fitness.entries is not None and CALIBRATED in fitness.entries.found
    return passed_genes(passed=int(genes.filled[genes.tried].sum()), genes=int(genes.tried.sum()), helped=helped)


def _genes(fitness: Findings, genes: GeneFits) -> list[str]:
    best, worst = best_and_worst(genes)
    unseen = int((~genes.tried).sum())
    trusted = int(genes.trusted.sum())
    return [
        f"genes         {filled_said(fitness, genes)}; {trusted:,} of them it surely knows by itself"
        + (f"; {unseen:,} more have no count in these cells, and could not be tried" if unseen else ""),
        f"best          {', '.join(genes.names[i] for i in best)}",
        f"worst         {', '.join(genes.names[i] for i in worst)}",
    ]


def as_plain(fitness: Findings) -> Mapping[str, Any]:
    """Return it as plain types; what is not a number is None."""
    genes = fitness.genes
    columns = [field.name for field in dataclasses.fields(genes)] if genes is not None else []
    return {
        **plain_opening(fitness),
        "evidence": None if fitness.evidence is None else jsonable(dataclasses.asdict(fitness.evidence)),
        "figures": [jsonable(dataclasses.asdict(figure)) for figure in fitness.figures],
        "genes": {column: jsonable(getattr(genes, column)) for column in columns},
    }
