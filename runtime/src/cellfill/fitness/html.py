"""A check in a notebook: a few lines of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cellfill.fitness.sentences import filled_said
from cellfill.text.notebook import BAD, GOOD, SO_SO, framed

if TYPE_CHECKING:
    from cellfill.fitness.findings import Findings

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
    genes, filled = fitness.genes, ""
    if genes is not None:
        filled = f"<p>{escape(filled_said(fitness, genes))}.</p>"
    what = f"{escape(fitness.model)} on {fitness.cells_checked:,} of {fitness.cells:,} cells"
    why = escape(" ".join(fitness.reasons))
    return framed(_MARKS[fitness.verdict], f"<p><b>{escape(fitness.verdict)}</b>: {what}. {why}</p>{filled}{table}")
