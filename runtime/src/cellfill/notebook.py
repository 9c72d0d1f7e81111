"""What a notebook shows of a model and of an alignment: a few lines of HTML. A check has its own, in `fitness`."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellfill.coverage import Coverage
    from cellfill.model import Model

# Beside text, never of text: no colour stands out enough from a white and from a dark notebook.
GOOD, SO_SO, BAD, PLAIN = "#1b8a4b", "#b07a00", "#d0434f", "#808080"
_MARKS = {"good": GOOD, "usable": SO_SO, "refused": BAD}


def framed(color: str, html: str) -> str:
    """Return HTML with a bar of a colour at its left."""
    return f"<div style='border-left:4px solid {color};padding-left:0.8em'>{html}</div>"


def model_html(model: Model) -> str:
    """Return what a model is for, what it was trained on, and where it came from."""
    manifest, origin = model.manifest, model.origin
    trained = [study for study in manifest.studies if study.role == "training"]
    cells = sum(study.cells for study in trained)
    rows = [
        ("for", f"{manifest.tissue or 'any tissue'}, {manifest.species}"),
        ("fills", f"{len(model.genes.targets):,} genes; estimates {', '.join(manifest.estimates)}"),
        ("trained on", f"{cells:,} cells: {', '.join(study.name for study in trained)}"),
        ("licence", manifest.licence),
    ]
    if origin is not None and origin.repo:
        rows.append(("from", f"{origin.repo}, commit {origin.commit[:12]}"))
    elif origin is not None:
        rows.append(("manifest", f"sha256 {origin.manifest_sha256[:12]}…"))
    return framed(PLAIN, f"<b>cellfill model {escape(manifest.name)}</b>{_table(rows)}")


def coverage_html(coverage: Coverage) -> str:
    """Return whether a dataset's genes are enough for a model, and what is missing."""
    c = coverage
    rows = [
        ("coverage", f"{c.coverage:.1%} of what the model's predictors tell it; {c.threshold:.1%} is needed"),
        ("read", f"{c.inputs_found:,} of {c.inputs_needed:,} genes that the model reads"),
        ("filled", f"{c.targets_filled:,} of {c.targets_known:,} genes that the model can fill"),
        ("species", " or ".join(c.species) or "not known"),
    ]
    if c.worst_missing:
        worst = ", ".join(f"{gene.symbol or gene.ensembl_id} {gene.worth:.1%}" for gene in c.worst_missing[:5])
        rows.append(("worst losses", worst))
    why = f"<p>{escape(c.refusal)}</p>" if c.refusal else ""
    verdict = f"<b>{escape(c.verdict)}</b>: the genes of this dataset, for {escape(c.model)}"
    return framed(_MARKS[c.verdict], f"{verdict}{why}{_table(rows)}")


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table><tbody>{lines}</tbody></table>"
