"""What was done, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.bundle.naming import model_line
from cellfill.fitness.heed import NOT_ASKED_FOR, warning_of
from cellfill.fitness.verdict import passed_genes
from cellfill.readers.identity import size_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cellfill.calls.on_files import Report


_USE = "use           plots and clusters; tests, such as of differential expression, are for the observed counts"
_NOT_FOR_USE = ["use           none: the model does not fit these cells. The observed counts are as they were"]
_LARGE = 50_000_000  # bytes


def summary(report: Report) -> str:
    """Return the lines that the command line says after imputing."""
    record = report.record
    empty = f" ({record['empty_cells']:,} without any model gene: left alone)" if record["empty_cells"] else ""
    entries = max(record["cells"] * record["genes_imputed"], 1)
    dropped = f", below {record['drop_below']:g} left zero" if record["drop_below"] else ""
    remark = f" ({record['device_remark']})" if record["device_remark"] else ""
    return "\n".join(
        [
            f"model         {model_line(record)}",
            f"cells         {record['cells']:,}{empty}",
            f"counts        {record['saw']}",
            f"predictors    {record['predictors_found']:,} of the {record['predictors_needed']:,} genes that "
            f"{record['model']} reads; the others count as unknown, not as zero",
            f"imputed       {record['genes_imputed']:,} of your {record['genes']:,} genes; "
            "var says which, and why not the others",
            f"zeros filled  {record['zeros_filled']:,} ({record['zeros_filled'] / entries:.0%} of the imputed "
            f"genes' entries), estimate '{record['estimate']}', policy '{record['policy']}'{dropped}",
            *_bounds(record),
            f"gene levels   {_levels(record)}",
            *_checked(record),
            *warnings(report),
            f"seconds       {report.seconds:.1f} on the {record['device']}{remark}",
            f"result        {report.output}{_size(report)}",
            *(_next(report.output, record["layer"]) if _fits(record) else _NOT_FOR_USE),
        ]
    )


def warnings(report: Report) -> list[str]:
    """Return the lines that are said even to those who want to hear nothing."""
    record = report.record
    shallow, check = record["shallow_cells"], record["check"]
    said = []
    if check["verdict"] != "fits" and check["why"] != NOT_ASKED_FOR:
        said.append(warning_of(check["verdict"], check["why"]))
    if shallow > record["cells"] / 10:
        said.append(f"{shallow:,} barcodes have under a tenth of the usual counts: cells? Filter first.")
    return [f"WARNING       {text}" for text in said]


def _size(report: Report) -> str:
    """Return how large a result is, and what makes a large one smaller."""
    try:
        size = size_of(report.output)
    except OSError:  # somebody took it already
        return ""
    smaller = (
        "; --drop-below 0.05 makes a sparse one smaller"
        if size > _LARGE and not report.record["drop_below"]
        else ""
    )
    return f" ({size / 1e6:,.1f} MB{smaller})"


def _bounds(record: Mapping[str, Any]) -> list[str]:
    if not record.get("interval"):
        return []
    lower, upper = record["layers_beside"]
    return [f"bounds        {record['interval']:.0%} of counts, told from a cell's other genes: {lower} to {upper}"]


def _levels(record: Mapping[str, Any]) -> str:
    calibration = record.get("calibration")
    if calibration is None:
        return "not corrected (--no-calibrate)"
    return (
        f"corrected on {calibration['cells']:,} cells (factor {calibration['factor_5_percent']:.2f} to "
        f"{calibration['factor_95_percent']:.2f}, median {calibration['factor_median']:.2f})"
    )


def _checked(record: Mapping[str, Any]) -> list[str]:
    """Return what a quick check of the model on these cells found."""
    check = record["check"]
    if check["verdict"] == "not tested":
        return [f"check         none: {check['why'][0].lower()}{check['why'][1:]}"]
    unseen, better, genes = check["genes_without_counts"], check["genes_better"], check["genes"]
    passed = passed_genes(passed=better, genes=genes, helped=record["calibrated"])
    return [
        f"check         the model {check['verdict']}; {passed}"
        + ("; the others are left alone" if better < genes else "")
        + (f"; {unseen:,} have no count in these cells, and could not be tried" if unseen else "")
    ]


def _fits(record: Mapping[str, Any]) -> bool:
    return bool(record["check"]["verdict"] != "does not fit")


def _next(output: Path, layer: str) -> list[str]:
    """Return what the result is for, and how to go on with it in scanpy, where it is an AnnData."""
    reader = {".h5ad": "sc.read_h5ad", ".zarr": "ad.read_zarr"}.get(output.suffix)
    if reader is None:
        return [_USE]
    module = "scanpy as sc" if reader.startswith("sc") else "anndata as ad"
    package = module.split(maxsplit=1)[0]
    return [
        _USE,
        "",
        f"Go on in {package} (pip install {package}):",
        f"    import {module}",
        f"    adata = {reader}({str(output)!r})",
        "    adata.layers['observed'] = adata.X.copy()  # for tests",
        f"    adata.X = adata.layers[{layer!r}].copy()  # imputed counts: for plots, PCA and clusters",
    ]
