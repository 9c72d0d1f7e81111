"""A check of a model that names cells, and the table of types, said to a person and to a machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cellfill.console.showing import shown_in_line
from cellfill.fitness.html import verdict_html
from cellfill.fitness.looked import beginning, figures_of, plain_opening
from cellfill.text.jsonable import jsonable
from cellfill.text.sentences import row

if TYPE_CHECKING:
    from cellfill.tasks.annotation.fitness import TypesFitness

WHY = {
    "unlike_any_type": "unlike any type of the model",
    "not_sure": "not sure enough",
    "no_counts": "without counts in its genes",
}
TO_DO = (
    "Do not go by these names: the cells are of other types than the model knows. Look for another model (cellfill "
    "recommend --task annotate), or name them by their markers."
)
OFF = "looks off as a whole: another type, state or tissue"
Row = tuple[str, int, float, float, bool]


def describe(fitness: TypesFitness, *, verbose: bool = False) -> str:
    """Say what was found, in lines: the verdict first; all figures where they are wanted."""
    lines = beginning(fitness, to_do=TO_DO if fitness.evidence and fitness.verdict == "does not fit" else "")
    lines += figures_of(fitness, verbose=verbose)
    if fitness.evidence is not None:
        lines += [row("unassigned", unassigned_said(fitness.unassigned)), ""]
        lines += [*table_lines(rows_of(fitness), cells=fitness.cells_checked)]
    if verbose and fitness.steadiness:
        lines += ["", "the most detailed answer stays the same, with                  cells   by chance"]
        lines += [f"    {s.without:<58}{s.same:>6.0%}{s.chance:>12.0%}" for s in fitness.steadiness]
    return "\n".join(lines)


def unassigned_said(unassigned: Mapping[str, int]) -> str:
    """Say how many cells have no type, and why."""
    parts = [f"{unassigned[key]:,} {said}" for key, said in WHY.items() if unassigned[key]]
    return f"{sum(unassigned.values()):,}" + (f": {', '.join(parts)}" if parts else "")


def rows_of(fitness: TypesFitness) -> list[Row]:
    """Return the rows of its table."""
    return [(row.name, row.cells, row.probability, row.typical, row.off) for row in fitness.types]


def table_lines(rows: Iterable[Row], *, cells: int) -> Iterator[str]:
    """Yield the lines of a table of types, of so many cells."""
    shown = [(shown_in_line(row[0]), *row[1:]) for row in rows]
    width = max([4, *(len(row[0]) for row in shown)])
    yield f"{'type':<{width}}  {'cells':>9}  {'share':>6}  {'probability':>11}  {'typical':>7}"
    for name, number, probability, typical, off in shown:
        yield (
            f"{name:<{width}}  {number:>9,}  {number / max(cells, 1):>6.1%}  {two_digits(probability):>11}  "
            f"{two_digits(typical):>7}{f'  {OFF}' if off else ''}"
        )


def two_digits(value: float) -> str:
    """Return a number for a table."""
    return "-" if value != value else f"{value:.2f}"


def as_plain(fitness: TypesFitness) -> Mapping[str, Any]:
    """Return it as plain types; what is not a number is None."""
    return {
        "task": "annotate",
        **plain_opening(fitness),
        "evidence": None if fitness.evidence is None else jsonable(dataclasses.asdict(fitness.evidence)),
        "types": [jsonable(dataclasses.asdict(row)) for row in fitness.types],
        "unassigned": dict(fitness.unassigned),
        "steadiness": [jsonable(dataclasses.asdict(s)) for s in fitness.steadiness],
    }


def as_html(fitness: TypesFitness) -> str:
    """Return the verdict, why, and the types."""
    rows = [
        (name, f"{number:,}", two_digits(probability), two_digits(typical), OFF if off else "")
        for name, number, probability, typical, off in rows_of(fitness)
    ]
    return verdict_html(fitness, ("type", "cells", "probability", "typical", ""), rows)
