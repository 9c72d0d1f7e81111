"""What a model is called: to the byte, and in a notebook with what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from cellfill.text.notebook import PLAIN, framed, rows_table

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex, Manifest
    from cellfill.bundle.origin import Origin


def name_model(manifest: Manifest, origin: Origin | None) -> str:
    """Return the line that names a loaded model."""
    return model_line({"model": manifest.name, **(origin.record() if origin else {})})


def model_line(record: Mapping[str, Any]) -> str:
    """Name the model to the byte: its repository and commit, or the hash of a folder's manifest."""
    if "commit" not in record:
        sha256 = record.get("manifest_sha256")
        return f"{record['model']}" + (f" (manifest sha256 {sha256})" if sha256 else "")
    named = "" if record["revision"] == record["commit"] else f"@{record['revision']}"
    remark = f". {record['hub_remark']}" if record["hub_remark"] else ""
    return f"{record['repo']}{named} (commit {record['commit']}){remark}"


def model_html(manifest: Manifest, genes: GeneIndex, origin: Origin | None) -> str:
    """Return what a model is for, what it was trained on, and where it came from."""
    trained = [study for study in manifest.studies if study.role == "training"]
    cells = sum(study.cells for study in trained)
    rows = [("for", f"{manifest.tissue or 'any tissue'}, {manifest.species}")]
    if manifest.imputation is not None:
        rows.append(("fills", f"{len(genes.targets):,} genes; estimates {', '.join(manifest.estimates)}"))
    if manifest.annotation is not None or manifest.embedding is not None:
        rows.append(("tasks", ", ".join(manifest.tasks)))
    rows.append(("trained on", f"{cells:,} cells: {', '.join(study.name for study in trained)}"))
    rows.append(("licence", manifest.licence))
    if origin is not None and origin.repo:
        rows.append(("from", f"{origin.repo}, commit {origin.commit[:12]}"))
    elif origin is not None:
        rows.append(("manifest", f"sha256 {origin.manifest_sha256[:12]}…"))
    return framed(PLAIN, f"<b>cellfill model {escape(manifest.name)}</b>{rows_table(rows)}")
