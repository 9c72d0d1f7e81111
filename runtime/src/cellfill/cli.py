"""The command line of cellfill: every command is one call of the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cellfill import cli_doctor
from cellfill._version import __version__
from cellfill.console import errors_as_messages, new_app, progress_bar, say

app = new_app("cellfill", "Impute single-cell RNA-seq counts with pre-trained models.", __version__)
app.command()(cli_doctor.doctor)


def main() -> None:
    """Run the command line; the entry point of the ``cellfill`` program."""
    with errors_as_messages():
        app()


@app.command()
def impute(
    data: Annotated[Path, typer.Argument(metavar="IN.h5ad", help="Cells x genes with raw counts.")],
    model: Annotated[Path, typer.Option(metavar="FOLDER", help="The model: a bundle's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.h5ad", help="File to write.")],
    estimate: Annotated[
        Literal["expected", "expressed", "posterior"] | None,
        typer.Option(
            help="expected: mean count given the cell's other genes. posterior: the same, given this entry's "
            "own count too. expressed: mean count if the transcript was caught, never below 1; for comparing "
            "with the literature, it blurs marker genes. Default: expected, or what the model has.",
        ),
    ] = None,
    policy: Annotated[
        Literal["zeros", "max", "all"],
        typer.Option(help="zeros: fill zeros only. max: larger of the two. all: replace every entry."),
    ] = "zeros",
    calibrate: Annotated[bool, typer.Option(help="Correct the model's level of each gene on these cells.")] = True,
    layer: Annotated[str | None, typer.Option(help="Layer with the raw counts [default: X].")] = None,
    key_added: Annotated[str, typer.Option(help="Name of the layer that is added.")] = "imputed",
    block_size: Annotated[int, typer.Option(min=1, help="Cells a block: memory, not values.")] = 256,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Fill the dropouts of a dataset: writes IN plus the layer "imputed" to OUT."""
    import time

    from cellfill.annotate import record_name
    from cellfill.files import check_output, read_h5ad, write_h5ad
    from cellfill.model import impute as impute_adata

    started = time.perf_counter()
    check_output(output, overwrite=force)
    adata = read_h5ad(data)
    with progress_bar("imputing cells", quiet=quiet) as on_block:
        impute_adata(
            adata,
            model=model,
            estimate=estimate,
            policy=policy,
            calibrate=calibrate,
            layer=layer,
            key_added=key_added,
            block_size=block_size,
            on_block=on_block,
        )
    write_h5ad(adata, output, overwrite=force)
    record = dict(adata.uns[record_name(key_added)])
    record |= {"genes": adata.n_vars, "output": str(output), "seconds": time.perf_counter() - started}
    if as_json:
        import json

        print(json.dumps(record, indent=1))
    if not quiet:
        say(_summary(record))


def _summary(record: dict[str, Any]) -> str:
    """Say what was done, for a person."""
    calibration = record.get("calibration")
    level = (
        f"corrected on {calibration['cells']:,} cells (factor {calibration['factor_5_percent']:.2f} to "
        f"{calibration['factor_95_percent']:.2f}, median {calibration['factor_median']:.2f})"
        if calibration
        else "not corrected (--no-calibrate)"
    )
    empty = f" ({record['empty_cells']} without any model gene: left alone)" if record["empty_cells"] else ""
    shallow = calibration["shallow_cells"] if calibration else 0
    warning = (
        [f"WARNING       {shallow:,} barcodes have under a tenth of the usual counts: cells? Filter first."]
        if shallow > record["cells"] / 10
        else []
    )
    entries = max(record["cells"] * record["genes_imputed"], 1)
    return "\n".join(
        [
            f"cells         {record['cells']:,}{empty}",
            f"predictors    {record['predictors_found']:,} of the {record['predictors_needed']:,} genes that "
            f"{record['model']} reads; the others count as unknown, not as zero",
            f"imputed       {record['genes_imputed']:,} of your {record['genes']:,} genes; "
            "var says which, and why not the others",
            f"zeros filled  {record['zeros_filled']:,} ({record['zeros_filled'] / entries:.0%} of the imputed "
            f"genes' entries), estimate '{record['estimate']}', policy '{record['policy']}'",
            f"gene levels   {level}",
            *warning,
            f"seconds       {record['seconds']:.1f}",
            f"result        {record['output']}",
            "",
            "Go on in scanpy (pip install scanpy):",
            "    import scanpy as sc",
            f"    adata = sc.read_h5ad({record['output']!r})  # adata.layers[{record['layer']!r}] holds counts",
        ]
    )


if __name__ == "__main__":
    main()
