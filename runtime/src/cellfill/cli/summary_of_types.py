"""What was found of the types of cells, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import model_line
from cellfill.cli.summary import inputs_said
from cellfill.fitness.heed import is_as_asked, warning_of
from cellfill.tasks.annotation.sentences import TO_DO as NAMES_TO_DO
from cellfill.tasks.annotation.sentences import table_lines, unassigned_said
from cellfill.tasks.embedding.fitness import TO_DO as PLACES_TO_DO
from cellfill.tasks.embedding.fitness import placeless_said
from cellfill.text.sentences import AS_USUAL, headline, row, rows, size_of
from cellfill.writers import output_format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cellfill.calls.on_files import Report

_MAP = 3  # dimensions that can be drawn as they are


def summary(report: Report, *, verbose: bool = False) -> str:
    """Return the lines that the command line says after naming cells: the verdict first."""
    record = report.record
    types = (record["types"][column] for column in ("name", "cells", "probability", "typical", "off"))
    return "\n".join(
        [
            *_beginning(record, to_do=NAMES_TO_DO),
            row("cells", f"{record['cells']:,}"),
            row("unassigned", unassigned_said(record["unassigned"])),
            *_figures(report, verbose=verbose),
            _result(report),
            "",
            *table_lines(zip(*types, strict=True), cells=record["cells"]),
        ]
    )


def summary_of_places(report: Report, *, verbose: bool = False) -> str:
    """Return the lines that the command line says after embedding cells: the verdict first."""
    record = report.record
    batches = f", without what {record['batches']} batches differ in" if record["batches"] else ""
    empty = f" ({record['empty_cells']:,} without any model gene: no place)" if record["empty_cells"] else ""
    return "\n".join(
        [
            *_beginning(record, to_do=PLACES_TO_DO),
            row("cells", f"{record['cells']:,}{empty}"),
            row("embedding", f"obsm[{record['key']!r}], {len(record['dimensions'])} dimensions{batches}"),
            *_figures(report, verbose=verbose),
            _result(report),
            *([] if record["check"]["verdict"] == "does not fit" else _next(report)),
        ]
    )


def _result(report: Report) -> str:
    return row("result", f"{report.output} ({size_of(report.bytes)})" if report.bytes else report.output)


def _next(report: Report) -> list[str]:
    """Return how to go on with the embedding in scanpy, where the result is an AnnData."""
    record, place = report.record, str(report.output)
    readers = {
        "h5ad": ["import scanpy as sc", f"adata = sc.read_h5ad({place!r})"],
        "zarr": ["import anndata as ad, scanpy as sc", f"adata = ad.read_zarr({place!r})"],
    }
    reader = readers.get(output_format(report.output))
    if reader is None:
        return []
    key = record["key"]
    placed = f"adata = adata[adata.obsm[{key!r}][:, 0] == adata.obsm[{key!r}][:, 0]].copy()  # those with a place"
    lines = [
        *reader,
        *([placed] if record["empty_cells"] else []),
        f"sc.pp.neighbors(adata, use_rep={key!r})  # by the model's places; clusters go by them, too",
        *(["sc.tl.umap(adata)", "sc.pl.umap(adata)"] if len(record["dimensions"]) > _MAP else []),
        *([f"sc.pl.embedding(adata, {key!r})"] if len(record["dimensions"]) <= _MAP else []),
    ]
    return ["", "Go on in scanpy (pip install scanpy):", *(f"    {line}" for line in lines)]


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    check = report.record["check"]
    verdict, why = check["verdict"], check["why"]
    untried = verdict == "not tested"
    fit = warning_of(verdict, why) if untried else f"The model {verdict}. {why}"
    said = ["" if is_as_asked(verdict, why) else fit, placeless_said(report.record.get("empty_cells", 0))]
    return [row("WARNING", text) for text in said if text]


def _beginning(record: Mapping[str, Any], *, to_do: str) -> list[str]:
    """Return the verdict, what to do where it is a bad one, and why."""
    check = record["check"]
    first, others = headline(check["verdict"], check["why"])
    bad = [row("WARNING", to_do)] if check["verdict"] == "does not fit" else []
    return [first, "", *bad, *rows("why", others)]


def _figures(report: Report, *, verbose: bool) -> list[str]:
    record = report.record
    if not verbose:
        return [] if record["saw"] == AS_USUAL else [row("counts", record["saw"])]
    return [
        row("model", model_line(record)),
        row("counts", record["saw"]),
        row("input genes", inputs_said(record)),
        row("seconds", f"{report.seconds:.1f} on the {record['device']}"),
    ]
