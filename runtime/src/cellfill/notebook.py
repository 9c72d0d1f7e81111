"""What a notebook shows of a model and of an alignment: a few lines of HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellfill.coverage import Coverage
    from cellfill.model import Model

# Readable on white and on a dark page alike, at 4.5:1.
_MARKS = {"good": "#1b8a4b", "usable": "#a06a00", "refused": "#d0434f"}


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
    return f"<div><b>cellfill model {escape(manifest.name)}</b>{_table(rows)}</div>"


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
    verdict = f"<b style='color:{_MARKS[c.verdict]}'>{escape(c.verdict)}</b>"
    return f"<div>{verdict}: this dataset for {escape(c.model)}{why}{_table(rows)}</div>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table><tbody>{lines}</tbody></table>"
