"""A check, said to a person and to a machine."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.fitness.entries import CALIBRATED, PLAIN
from cellfill.fitness.looked import beginning, figures_of, plain_opening
from cellfill.fitness.verdict import passed_genes
from cellfill.text.figures import percent
from cellfill.text.jsonable import jsonable
from cellfill.text.sentences import row

if TYPE_CHECKING:
    from cellfill.fitness.findings import Figure, Findings, GeneFits

_SHOWN = 10
MANY_TIMES = 10  # the error of another method: what is beyond needs no figure
TO_DO = (
    "Do not impute with it: what it fills in is true of other cells, or of none where it has learnt too little. "
    "Look for another model (cellfill recommend), or leave the counts as they are."
)


def describe(fitness: Findings, *, verbose: bool = False) -> str:
    """Say what was found, in lines: the verdict first; all figures where they are wanted."""
    error, fits = error_said(fitness.figures), fitness.verdict == "fits"
    unfit = fitness.verdict == "does not fit" and bool(fitness.figures)
    lines = beginning(fitness, said=error if fits else "", to_do=TO_DO if unfit else "")
    # Of a model that does not fit these are figures of what it learned from the cells at hand.
    if error and not fits and (verbose or not unfit):
        lines.append(row("error", error))
    if fitness.genes is not None and (verbose or not unfit):
        lines += _genes(fitness, fitness.genes, verbose=verbose)
    lines += figures_of(fitness, verbose=verbose)
    if verbose and fitness.figures:
        lines += ["", *_tables(fitness.figures)]
    return "\n".join(lines)


def error_said(figures: Iterable[Figure]) -> str:
    """Say by how much hidden counts are found again with less error than by the best simple method, or more."""
    errors = {f.method: f.mse for f in figures if f.protocol == "masked entries"}
    mine = errors.get(CALIBRATED, errors.get(PLAIN))
    simple = {method: mse for method, mse in errors.items() if method not in (PLAIN, CALIBRATED)}
    if mine is None or not simple:
        return ""
    best = min(simple, key=simple.__getitem__)
    if not simple[best] > 0 or not mine >= 0:
        return ""
    less = 1 - mine / simple[best]
    how = f"{percent(less)} less error than by" if less >= 0 else f"{math.ceil(-less * 100)}% more error than by"
    if mine > MANY_TIMES * simple[best]:
        how = "more than ten times the error of"
    return f"hidden counts are found again with {how} the best simple method ({_short(best)})"


def _short(method: str) -> str:
    return method.partition(",")[0]


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


def _genes(fitness: Findings, genes: GeneFits, *, verbose: bool) -> list[str]:
    best, worst = best_and_worst(genes)
    unseen = int((~genes.tried).sum())
    said = f"{filled_said(fitness, genes)}, and would be filled"
    lines = [row("genes", f"{said}; {unseen:,} more have no count in these cells" if unseen else said)]
    if verbose:
        lines.append(row("trusted", f"{int(genes.trusted.sum()):,} genes that it surely predicts by itself"))
    lines.append(row("best", ", ".join(genes.names[i] for i in best)))
    if verbose:
        lines.append(row("worst", ", ".join(genes.names[i] for i in worst)))
    return lines


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
