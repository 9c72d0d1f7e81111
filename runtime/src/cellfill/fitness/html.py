"""A check in a notebook: a few lines of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cellfill.fitness.sentences import filled_said
from cellfill.text.notebook import BAD, GOOD, SO_SO, framed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cellfill.fitness.findings import Findings
    from cellfill.fitness.looked import Looked

_MARKS = {"fits": GOOD, "fits with limits": SO_SO, "not tested": SO_SO, "does not fit": BAD}


def fitness_html(fitness: Findings) -> str:
    """Return the verdict, why, and the figures beside their baselines."""
    rows = "".join(
        f"<tr><td>{escape(f.protocol)}</td><td style='text-align:left'>{escape(f.method)}</td>"
        + "".join(f"<td>{'' if v != v else format(v, '.4f')}</td>" for v in (f.mse, f.pearson, f.loss))
        + "</tr>"
        for f in fitness.figures
    )
    heads = "".join(f"<th>{name}</th>" for name in ("hidden", "method", "MSE", "Pearson", "Poisson loss"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    table = f"<details><summary>All figures</summary>{table}</details>" if rows else ""
    genes, filled = fitness.genes, ""
    if genes is not None and fitness.verdict != "does not fit":
        filled = f"<p>{escape(filled_said(fitness, genes))}.</p>"
    return framed(_MARKS[fitness.verdict], f"{_said(fitness)}{filled}{table}")


def verdict_html(looked: Looked, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return the verdict of any check, why, and a table, of which the first column is text."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        f"<tr><td style='text-align:left'>{escape(first)}</td>{''.join(f'<td>{escape(t)}</td>' for t in rest)}</tr>"
        for first, *rest in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    return framed(_MARKS[looked.verdict], f"{_said(looked)}{table}")


def _said(looked: Looked) -> str:
    name = looked.model.partition(" (")[0]
    what = f"{escape(name)} on {looked.cells_checked:,} of {looked.cells:,} cells"
    return f"<p><b>{escape(looked.verdict)}</b>: {what}. {escape(' '.join(looked.reasons))}</p>"
