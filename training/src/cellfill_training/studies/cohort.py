"""Bring studies onto one gene index; a gene that a study did not measure is unknown, not 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import is_gene_name
from cellfill.counts.matrix import remap_columns
from cellfill.genes.names import is_ensembl_id, strip_version
from cellfill_training.studies.blocks import change, take_cells
from cellfill_training.studies.gene_table import GeneName, GeneTable
from cellfill_training.studies.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill_training.studies.blocks import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Cells of several studies on one gene index.

    Attributes
    ----------
    genes
        The genes.
    counts
        Raw counts, cells x genes, CSR, in memory or on disk.
    study
        The study of each cell.
    measured
        Studies x genes, whether the study measured the gene.
    names
        Names of the studies.
    """

    genes: tuple[GeneName, ...]
    counts: Counts
    study: NDArray[np.intp]
    measured: NDArray[np.bool_]
    names: tuple[str, ...]

    def study_sizes(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the number of cells of each study, or the sum of their weights."""
        sizes = np.bincount(self.study, weights=weights, minlength=len(self.names))
        return sizes.astype(np.float64)

    def take_cells(self, cells: NDArray[np.intp] | NDArray[np.bool_]) -> Cohort:
        """Return some of the cells."""
        return Cohort(
            genes=self.genes,
            counts=take_cells(self.counts, cells),
            study=self.study[cells],
            measured=self.measured,
            names=self.names,
        )

    def take_genes(self, genes: NDArray[np.intp]) -> Cohort:
        """Return some of the genes, in the order given."""

        def of_block(block: csr_matrix) -> csr_matrix:
            return block.tocsc()[:, genes].tocsr()  # sorted, which is faster so than by sorting

        return Cohort(
            genes=tuple(self.genes[g] for g in genes),
            counts=change([(self.counts, of_block)], len(genes)),
            study=self.study,
            measured=self.measured[:, genes],
            names=self.names,
        )


def harmonise(studies: Sequence[Study], table: GeneTable) -> Cohort:
    """Bring studies onto one gene index.

    A column is named by the table, then by the other studies that have both id and symbol; a gene that none
    of them knows keeps its own name. Columns of one study that are one gene are summed.
    """
    own = GeneTable([_own_pairs(study) for study in studies])
    named = [[_name_gene(names, table, own) for names in zip(*s.gene_names, strict=True)] for s in studies]
    index: dict[GeneName, int] = {}
    for genes in named:
        for gene in genes:
            if gene is not None:
                index.setdefault(gene, len(index))
    measured = np.zeros((len(studies), len(index)), dtype=bool)
    parts = []
    for row, (study, genes) in enumerate(zip(studies, named, strict=True)):
        target = np.array([-1 if gene is None else index[gene] for gene in genes], dtype=np.intp)
        measured[row, target[target >= 0]] = True
        parts.append((study.counts, partial(remap_columns, target=target, width=len(index))))
    return Cohort(
        genes=tuple(index),
        counts=change(parts, len(index)),
        study=np.repeat(np.arange(len(studies)), [study.counts.shape[0] for study in studies]),
        measured=measured,
        names=tuple(study.name for study in studies),
    )


def _name_gene(names: tuple[str, ...], table: GeneTable, own: GeneTable) -> GeneName | None:
    """Return the gene that a column is, or None where no name of it can stand in a gene index."""
    known = table.find(names) or own.find(names)
    if known is not None:
        return known
    ensembl_id, symbol = _own_name(names)
    return GeneName(ensembl_id, symbol) if ensembl_id or symbol else None


def _own_pairs(study: Study) -> list[tuple[str, str]]:
    """Return the (Ensembl id, symbol) pairs of a study that has both."""
    pairs = (_own_name(names) for names in zip(*study.gene_names, strict=True))
    return [(ensembl_id, symbol) for ensembl_id, symbol in pairs if ensembl_id and symbol]


def _own_name(names: Sequence[str]) -> tuple[str, str]:
    """Return the Ensembl id and the symbol among a column's names, empty where there is none."""
    plain = [strip_version(name) for name in names if is_gene_name(name)]
    ids = [name for name in plain if is_ensembl_id(name)]
    symbols = [name for name in plain if name not in ids]
    return (ids or [""])[0], (symbols or [""])[0]
