"""A recommendation in a notebook: a few lines of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cellfill.ranking.columns import cells_of, heads_of
from cellfill.ranking.sentences import conclusion

if TYPE_CHECKING:
    from cellfill.ranking.ranks import Ranks


def recommendation_html(found: Ranks) -> str:
    """Return what to do, and the ranks."""
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(text)}</td>" for text in (*cells_of(r, found.task), " ".join(r.reasons)))
        + "</tr>"
        for r in found.ranks
    )
    heads = "".join(f"<th>{head}</th>" for head in (*heads_of(found.task), "why"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    colour, head = "#1b7837" if found.best else "#b2182b", found.outcome
    notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
    said = f"<p><b style='color:{colour}'>{head}</b>: {escape(conclusion(found))}</p>"
    return f"<div>{said}{notes}{table}</div>"
