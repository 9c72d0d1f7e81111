"""What a check found gene by gene, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.fitness.findings import GENE_COLUMNS
from cellfill.writers.text_file import write_text_file

if TYPE_CHECKING:
    from cellfill.fitness.findings import GeneFits


def write_genes(genes: GeneFits | None, path: str | Path, *, overwrite: bool = True) -> None:
    """Write one row a gene, tab-separated; a figure that was not measured is empty.

    Parameters
    ----------
    genes
        Of a `Fitness`; None writes the header alone.
    path
        The file.
    overwrite
        Whether it is replaced if it is there.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    lines = ["\t".join(("gene", *GENE_COLUMNS))]
    if genes is not None:
        columns = [getattr(genes, column).tolist() for column in GENE_COLUMNS]
        lines += ["\t".join((name, *map(_cell, row))) for name, *row in zip(genes.names, *columns, strict=True)]
    write_text_file(path, "\n".join(lines) + "\n", overwrite=overwrite)


def _cell(value: float | bool) -> str:  # noqa: FBT001
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return str(value)
