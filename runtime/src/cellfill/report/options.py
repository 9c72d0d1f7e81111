"""Options of a report."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cellfill.fitness.options import CheckWithOptions
from cellfill.options.option import Option, Shell
from cellfill.options.shared import OverwriteOption

Embedding = Literal["pca", "umap"]


@dataclass(frozen=True, kw_only=True)
class ReportOptions(CheckWithOptions, OverwriteOption):
    """What a report is of, and what is on it."""

    labels: Annotated[
        str | None,
        Option(
            "Column of obs that colours the cells.",
            "What most need",
            more="By default one of a usual name (``cell_type``, ``leiden``, ``louvain``, ``cluster``) where there "
            "is one, else cells are coloured by library size.",
            shell=Shell(metavar="COLUMN", more="[default: cell_type, leiden ...]"),
        ),
    ] = None
    embedding: Annotated[
        Embedding,
        Option(
            "pca: the two strongest directions, of the model's own embedding where it has one. umap: a UMAP beside "
            "them, which takes half a minute, most of it to compile itself.",
            "Result",
        ),
    ] = "pca"
