"""Options of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cellfill.errors import UsageError
from cellfill.fitness.options import CheckWithOptions
from cellfill.options.option import Option, Shell
from cellfill.options.shared import OverwriteOption

Embedding = Literal["pca", "umap"]
_MOST_MARKERS = 24


def _parse_markers(text: str | None) -> Sequence[str] | None:
    from cellfill.genes.requested import parse_genes

    return None if text is None else parse_genes(text, option="--markers")


def _some(_name: str, markers: Any) -> tuple[str, ...]:
    listed = () if isinstance(markers, str) else tuple(dict.fromkeys(markers))
    if not listed or any(not isinstance(gene, str) or not gene.strip() for gene in listed):
        raise UsageError("markers must be a list of gene names, at least one.")
    if len(listed) > _MOST_MARKERS:
        raise UsageError(f"markers are {len(listed)} genes; a page shows {_MOST_MARKERS} at most.")
    return listed


@dataclass(frozen=True, kw_only=True)
class ReportOptions(CheckWithOptions, OverwriteOption):
    """What a report is of, and what is on it."""

    labels: Annotated[
        str | None,
        Option(
            "Column of obs that colours the cells.",
            "What most need",
            more="By default one of a usual name (``cell_type``, ``leiden``, ``louvain``, ``cluster``) where there "
            "is one, else cells are clustered.",
            shell=Shell(metavar="COLUMN", more="[default: cell_type, leiden ...]"),
        ),
    ] = None
    markers: Annotated[
        Sequence[str] | None,
        Option(
            "Genes to be shown before and after: on a map, by group, what was filled, how well they are predicted.",
            "What most need",
            more="By default a few that tell the groups of these cells apart and that the model surely predicts.",
            check=_some,
            shell=Shell(
                type=str, metavar="A,B|FILE", parse=_parse_markers, more="[default: some that the model knows]"
            ),
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
