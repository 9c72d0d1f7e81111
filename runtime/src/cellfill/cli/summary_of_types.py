"""What was found of the types of cells, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.bundle.naming import model_line
from cellfill.tasks.annotation.sentences import table_lines, unassigned_said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cellfill.calls.on_files import Report


def summary(report: Report) -> str:
    """Return the lines that the command line says after naming cells."""
    record = report.record
    types = (record["types"][column] for column in ("name", "cells", "probability", "typical", "off"))
    return "\n".join(
        [
            f"model         {model_line(record)}",
            f"cells         {record['cells']:,}",
            f"counts        {record['saw']}",
            f"predictors    {record['predictors_found']:,} of the {record['predictors_needed']:,} genes that "
            f"{record['model']} reads; the others count as unknown, not as zero",
            f"unassigned    {unassigned_said(record['unassigned'])}",
            *checked(record["check"]),
            f"seconds       {report.seconds:.1f} on the {record['device']}",
            f"result        {report.output}",
            "",
            *table_lines(zip(*types, strict=True), cells=record["cells"]),
        ]
    )


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    return warnings_of(report.record["check"])


def warnings_of(check: Mapping[str, str]) -> list[str]:
    """Return what is said of a model that is not fit, or with limits; nothing of one that is."""
    bad = check["verdict"] in ("fits with limits", "does not fit")
    return [f"WARNING       The model {check['verdict']}. {check['why']}"] if bad else []


def checked(check: Mapping[str, str]) -> list[str]:
    """Return what is said of whether a model is fit."""
    if check["verdict"] == "not tested":
        return [f"check         none: {check['why']}"]
    return warnings_of(check) or [f"check         the model {check['verdict']}: {check['why']}"]
