"""What all that shows itself in a notebook has in common: a bar of a colour, and a table of two columns."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

# Beside text, never of text: no colour stands out enough from a white and from a dark notebook.
GOOD, SO_SO, BAD, PLAIN = "#1b8a4b", "#b07a00", "#d0434f", "#808080"


def framed(color: str, html: str) -> str:
    """Return HTML with a bar of a colour at its left."""
    return f"<div style='border-left:4px solid {color};padding-left:0.8em'>{html}</div>"


def rows_table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values, escaped."""
    lines = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table><tbody>{lines}</tbody></table>"
