"""What was found of the types of cells, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.bundle.naming import model_line
from cellfill.console import shown_in_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cellfill.calls.on_files import Report


def summary(report: Report) -> str:
    """Return the lines that the command line says after naming cells."""
    record = report.record
    unassigned = record["unassigned"]
    why = {
        "unlike_any_type": "unlike any type of the model",
        "not_sure": "not sure enough",
        "no_counts": "without counts in its genes",
    }
    parts = [f"{unassigned[key]:,} {said}" for key, said in why.items() if unassigned[key]]
    return "\n".join(
        [
            f"model         {model_line(record)}",
            f"cells         {record['cells']:,}",
            f"counts        {record['saw']}",
            f"predictors    {record['predictors_found']:,} of the {record['predictors_needed']:,} genes that "
            f"{record['model']} reads; the others count as unknown, not as zero",
            f"unassigned    {sum(unassigned.values()):,}" + (f": {', '.join(parts)}" if parts else ""),
            *(warnings(report) or [_check(record["check"])]),
            f"seconds       {report.seconds:.1f} on the {record['device']}",
            f"result        {report.output}",
            "",
            *_table(report),
        ]
    )


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    check = report.record["check"]
    bad = check["verdict"] in ("fits with limits", "does not fit")
    return [f"WARNING       The model {check['verdict']}. {check['why']}"] if bad else []


def _check(check: Mapping[str, str]) -> str:
    if check["verdict"] == "not tested":
        return f"check         none: {check['why']}"
    return f"check         the model {check['verdict']}: {check['why']}"


def _table(report: Report) -> Iterator[str]:
    types, cells = report.record["types"], max(report.record["cells"], 1)
    names = [shown_in_line(name) for name in types["name"]]
    width = max([4, *map(len, names)])
    yield f"{'type':<{width}}  {'cells':>9}  {'share':>6}  {'probability':>11}  {'typical':>7}"
    for name, number, probability, typical, off in zip(
        names, types["cells"], types["probability"], types["typical"], types["off"], strict=True
    ):
        mark = "  looks off as a whole: probably another type" if off else ""
        yield (
            f"{name:<{width}}  {number:>9,}  {number / cells:>6.1%}  {_number(probability):>11}  "
            f"{_number(typical):>7}{mark}"
        )


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
