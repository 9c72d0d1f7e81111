"""Cells, and what the graph gave for them when it was made, ``golden.json``: whoever runs a bundle can check it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.bundle.files import GOLDEN
from cellfill.bundle.strict import decode, encode
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from cellfill.bundle.classes import Classes
    from cellfill.bundle.gene_index import GeneIndex
    from cellfill.bundle.manifest import Graph

MAX_CELLS = 20
MAX_COLUMNS = 200
MAX_COUNT = 1_000_000
MOST = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCell:
    """One cell.

    Attributes
    ----------
    genes, counts
        Places in `Golden.genes` of what it has counts of, ascending from 0, and these: positive whole numbers.
    size_factor
        As it follows from them.
    """

    genes: tuple[int, ...]
    counts: tuple[int, ...]
    size_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenOutput:
    """What one output of the graph is for the cells.

    Attributes
    ----------
    name
        Of the output.
    columns
        Which of its columns, ascending from 0: all, or of a wide one some.
    values
        A row a cell, a number a column.
    """

    name: str
    columns: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Some cells of one dataset, and what the graph gives for them.

    Attributes
    ----------
    genes
        Genes that a cell has counts of, each by its ``ensembl_id``, or its ``symbol`` where it has none.
    missing
        Genes that the dataset did not measure, by the same names; it measured all others of ``genes.tsv``.
    cells
        At least one.
    outputs
        One an output of the graph, in the manifest's order.
    """

    genes: tuple[str, ...]
    missing: tuple[str, ...]
    cells: tuple[GoldenCell, ...]
    outputs: tuple[GoldenOutput, ...]

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        if not 0 < len(self.cells) <= MAX_CELLS:
            raise BundleError(f"{GOLDEN} has {len(self.cells)} cells, not 1 to {MAX_CELLS}.")
        for cell in self.cells:
            if not cell.genes or len(cell.genes) != len(cell.counts) or not _ascends(cell.genes):
                raise BundleError(f"{GOLDEN}: the genes of a cell do not ascend, or are not as many as its counts.")
            if min(cell.counts) < 1 or max(cell.counts) > MAX_COUNT:
                raise BundleError(f"{GOLDEN}: a count is not from 1 to {MAX_COUNT:,}.")
            if not 0 < cell.size_factor <= MOST:
                raise BundleError(f"{GOLDEN}: a size factor is not positive.")
            if cell.genes[-1] >= len(self.genes):
                raise BundleError(f"{GOLDEN}: a cell has counts of a gene beyond the last that is named.")
        for output in self.outputs:
            if not 0 < len(output.columns) <= MAX_COLUMNS or not _ascends(output.columns):
                raise BundleError(
                    f"{GOLDEN}: the columns of {output.name!r} do not ascend, or are over {MAX_COLUMNS}."
                )
            if [len(row) for row in output.values] != [len(output.columns)] * len(self.cells):
                raise BundleError(f"{GOLDEN}: the values of {output.name!r} are not a row a cell, one a column.")
            if any(abs(value) > MOST for row in output.values for value in row):
                raise BundleError(f"{GOLDEN}: a value of {output.name!r} is beyond {MOST:g}.")
        if len({*self.genes, *self.missing}) != len(self.genes) + len(self.missing):
            raise BundleError(f"{GOLDEN} names a gene twice, or one that is said to be missing.")


def parse_golden(text: bytes, form: Graph, genes: GeneIndex, classes: Classes | None) -> Golden:
    """Parse and check the bytes of a ``golden.json``; whether its values are right is for who runs the graph.

    Raises
    ------
    BundleError
        When it is malformed, or not of this graph, these genes and classes.
    """
    from cellfill.bundle.graph_check import signature_of

    golden = decode(Golden, text, file=GOLDEN)
    strangers = {*golden.genes, *golden.missing} - set(gene_rows(genes))
    if strangers:
        raise BundleError(f"{GOLDEN} names {min(strangers)[:60]!a}, which is no gene of genes.tsv.")
    columns = signature_of(form, genes, classes).outputs
    if [output.name for output in golden.outputs] != list(columns):
        raise BundleError(f"{GOLDEN} does not have the outputs that the manifest states, in their order.")
    for output in golden.outputs:
        if output.columns[-1] >= columns[output.name]:
            raise BundleError(f"{GOLDEN} has a column of {output.name!r} beyond its last.")
    return golden


def gene_rows(genes: GeneIndex) -> dict[str, int]:
    """Return the row of each gene by the name that golden values have for it."""
    return {gene.ensembl_id or gene.symbol: row for row, gene in enumerate(genes)}


def format_golden(golden: Golden) -> bytes:
    """Return the bytes of ``golden.json``."""
    return encode(golden, dense=True)


def _ascends(values: tuple[int, ...]) -> bool:
    return all(a < b for a, b in zip((-1, *values), values, strict=False))
