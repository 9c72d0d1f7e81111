"""What a result of imputing is for, and how to go on with it in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill.text.sentences import row
from cellfill.writers import output_format

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TESTS = "tests, such as of differential expression, are for the observed counts"


def going_on(output: Path, record: Mapping[str, Any]) -> list[str]:
    """Return the lines that say what a result is for, and those to type next.

    Parameters
    ----------
    output
        The result.
    record
        What it says of itself.
    """
    asked = record["options"].get("genes") is not None
    use = "plots of the genes asked for; all others are as observed" if asked else "plots and clusters"
    form = output_format(output)
    if form == "table":
        use = "plots of the genes asked for, which are all it holds" if asked else use
        separator = "" if ".csv" in output.suffixes[-2:] else r", sep='\t'"
        loads = ["import pandas as pd", f"imputed = pd.read_csv({str(output)!r}, index_col=0{separator})"]
    elif form == "10x-mtx":
        loads = ["import scanpy as sc", f"imputed = sc.read_10x_mtx({str(output)!r})"]
    elif form == "h5ad":
        loads = ["import scanpy as sc", f"adata = sc.read_h5ad({str(output)!r})"]
    else:
        loads = ["import anndata as ad", f"adata = ad.read_zarr({str(output)!r})"]
    package = loads[0].split()[1]
    layer = _with_layer(record["layer"], some=asked) if form in ("h5ad", "zarr") else []
    return [
        row("use", f"{use}; {_TESTS}"),
        "",
        f"Go on in {package} (pip install {package}):",
        *(f"    {line}" for line in [*loads, *layer]),
    ]


def _with_layer(layer: str, *, some: bool) -> list[str]:
    """Return what to do with a layer: as X where it is of all genes, else those genes alone."""
    if some:
        return [f"imputed = adata[:, adata.var[{layer!r}]].to_df(layer={layer!r})"]
    return [
        "adata.layers['counts'] = adata.X.copy()  # observed: for tests",
        f"adata.X = adata.layers[{layer!r}].copy()  # imputed: for plots and clusters",
    ]
