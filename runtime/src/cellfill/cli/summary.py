"""What was done, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import model_line
from cellfill.cli.going_on import going_on
from cellfill.fitness.heed import NOT_ASKED_FOR, is_as_asked, warning_of
from cellfill.fitness.verdict import passed_genes
from cellfill.tasks.imputation.genes import left_said
from cellfill.text.sentences import AS_USUAL, headline, row, rows, size_of
from cellfill.writers import output_format
from cellfill.writers.check import GENES_WITHIN
from cellfill.writers.leftovers import SIDE_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cellfill.calls.on_files import Report


_LARGE, _MANY = 50_000_000, 10  # bytes of a result, and times the input: worth a word
_DO_NOT_USE = (
    "Do not use the imputed counts: they are true of other cells, or of none where the model has learnt too "
    "little. Look for another model (cellfill recommend), or go on with the observed counts, which are as they "
    "were."
)


def summary(report: Report, *, verbose: bool = False) -> str:
    """Return the lines that the command line says after imputing: the verdict first, all figures if ``verbose``."""
    record = report.record
    first, others = headline(*_verdict(record))
    unfit = record["check"]["verdict"] == "does not fit"
    empty = f" ({record['empty_cells']:,} without any model gene: left alone)" if record["empty_cells"] else ""
    entries = max(record["cells"] * record["genes_imputed"], 1)
    dropped = f", below {record['drop_below']:g} left zero" if record["drop_below"] else ""
    return "\n".join(
        [
            first,
            "",
            *([row("WARNING", _DO_NOT_USE)] if unfit else []),
            *rows("why", others),
            *_left(record),
            *_shallow(record),
            row("cells", f"{record['cells']:,}{empty}"),
            row(
                "genes",
                f"{record['genes_imputed']:,} of your {record['genes']:,} were imputed; "
                f"{_says_which(report.output)} says which, and why not the others",
            ),
            row(
                "zeros filled",
                f"{record['zeros_filled']:,} ({record['zeros_filled'] / entries:.0%} of the imputed genes' "
                f"entries){dropped}",
            ),
            *_bounds(record),
            *(_figures(report) if verbose else _unusual(record)),
            row("result", f"{report.output}{_size(report)}"),
            *([] if unfit else going_on(report.output, record)),
        ]
    )


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    record = report.record
    check = record["check"]
    said = []
    if not is_as_asked(check["verdict"], check["why"]):
        said.append(row("WARNING", warning_of(check["verdict"], check["why"])))
    return [*said, *_left(record), *_shallow(record)]


def _left(record: Mapping[str, Any]) -> list[str]:
    """Return what is said of genes that were asked for and are not imputed."""
    said = left_said(record.get("genes_absent", ()), record.get("genes_left", ()))
    return [row("WARNING", said)] if said else []


def _says_which(output: Path) -> str:
    """Return what of a result says which genes were imputed."""
    form = output_format(output)
    if form == "table":
        return f"{output.name}{SIDE_ENDINGS[1]}"
    return f"{output.name}/{GENES_WITHIN}" if form == "10x-mtx" else "var"


def _verdict(record: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict, and the sentences of why."""
    check = record["check"]
    if check["why"] == NOT_ASKED_FOR:
        return "not tested", "Whether the model fits these cells was not asked for (--no-gate)."
    return check["verdict"], check["why"]


def _shallow(record: Mapping[str, Any]) -> list[str]:
    shallow = record["shallow_cells"]
    if shallow <= record["cells"] / 10:
        return []
    return [row("WARNING", f"{shallow:,} barcodes have under a tenth of the usual counts: cells? Filter first.")]


def _unusual(record: Mapping[str, Any]) -> list[str]:
    """Return what a person should know where it is not as usual."""
    lines = [] if record["saw"] == AS_USUAL else [row("counts", record["saw"])]
    if record.get("calibration") is None:
        lines.append(row("gene levels", _levels(record)))
    return [*lines, *([row("device", record["device_remark"])] if record["device_remark"] else [])]


def _figures(report: Report) -> list[str]:
    """Return all else that is known of what was done."""
    record = report.record
    remark = f" ({record['device_remark']})" if record["device_remark"] else ""
    return [
        row("model", model_line(record)),
        row("counts", record["saw"]),
        row("input genes", inputs_said(record)),
        row("estimate", f"'{record['estimate']}', policy '{record['policy']}'"),
        row("gene levels", _levels(record)),
        *_checked(record),
        row("seconds", f"{report.seconds:.1f} on the {record['device']}{remark}"),
    ]


def inputs_said(record: Mapping[str, Any]) -> str:
    """Say how many of the genes that a model reads there were."""
    return (
        f"{record['predictors_found']:,} of the {record['predictors_needed']:,} genes that {record['model']} "
        "reads; the others count as unknown, not as zero"
    )


def _size(report: Report) -> str:
    """Return how large a result is, and what makes a large one smaller."""
    if not report.bytes:  # somebody took it already
        return ""
    times = report.bytes / report.input_bytes if report.input_bytes else 0
    said = [size_of(report.bytes), *([f"{times:.0f} times the input"] if times > _MANY else [])]
    packs = report.output.suffix in (".h5ad", ".zarr")
    if report.bytes > _LARGE and packs and not report.record["rounded"]:
        said.append("--rounded makes it smaller")
    elif report.bytes > _LARGE and not report.record["drop_below"]:
        said.append("--drop-below 0.05 makes it smaller")
    return f" ({'; '.join(said)})"


def size_ahead(expected: int, given: int) -> str:
    """Say how large a result will be, before it is; empty where it is small.

    Parameters
    ----------
    expected, given
        The bytes that it will have, about, and those of the input.
    """
    if expected < _LARGE:
        return ""
    times = f", {expected / given:.0f} times the input" if given and expected > _MANY * given else ""
    return f"The result will have about {expected / 1e6:,.0f} MB{times}."


def _bounds(record: Mapping[str, Any]) -> list[str]:
    if not record.get("interval"):
        return []
    lower, upper = record["layers_beside"]
    said = f"{record['interval']:.0%} of counts, told from a cell's other genes: {lower} to {upper}"
    return [row("bounds", said)]


def _levels(record: Mapping[str, Any]) -> str:
    calibration = record.get("calibration")
    if calibration is None:
        return "not corrected (--no-calibrate)"
    return (
        f"corrected on {calibration['cells']:,} cells (factor {calibration['factor_5_percent']:.2f} to "
        f"{calibration['factor_95_percent']:.2f}, median {calibration['factor_median']:.2f})"
    )


def _checked(record: Mapping[str, Any]) -> list[str]:
    """Return what a quick check of the model found of the genes."""
    check = record["check"]
    if check["verdict"] == "not tested":
        return []
    unseen, better, genes = check["genes_without_counts"], check["genes_better"], check["genes"]
    passed = passed_genes(passed=better, genes=genes, helped=record["calibrated"])
    return [
        row(
            "check",
            passed
            + ("; the others are left alone" if better < genes else "")
            + (f"; {unseen:,} have no count in these cells, and could not be tried" if unseen else ""),
        )
    ]
