"""What was found of the types of cells, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import model_line
from cellfill.cli.summary import inputs_said
from cellfill.tasks.annotation.sentences import TO_DO as NAMES_TO_DO
from cellfill.tasks.annotation.sentences import table_lines, unassigned_said
from cellfill.tasks.embedding.fitness import TO_DO as PLACES_TO_DO
from cellfill.text.sentences import AS_USUAL, headline, row, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cellfill.calls.on_files import Report


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
            row("result", report.output),
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
            row("result", report.output),
        ]
    )


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    check = report.record["check"]
    bad = check["verdict"] in ("fits with limits", "does not fit")
    return [row("WARNING", f"The model {check['verdict']}. {check['why']}")] if bad else []


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
