"""Match the genes of a dataset to the genes of a model, by Ensembl id, symbol or alias."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import GeneMatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Gene, GeneIndex

# ENS, an optional species code, a feature letter, eleven digits; a version after a dot.
_ENSEMBL = re.compile(r"(ENS[A-Z]{0,6}G\d{11})(?:\.\d+)?")
_ID, _SYMBOL, _ALIAS = 0, 1, 2

# Below this share of measured predictors, a predictor counting as often as sub-networks read it, a model reads
# mostly fill values. A floor against nonsense, for the model as a whole and for each of its sub-networks; not a
# measure of fitness. The 300 most variable genes of a PBMC study have 0.15, and 3,000 genes at random 0.09.
MIN_MEASURED_SHARE = 0.1

IMPUTED = "imputed"
NOT_IN_MODEL = "not in the model"
NOT_A_GENE = "not gene expression"
PREDICTOR_ONLY = "predictor only"
DUPLICATE = "several columns match one gene"
BLIND = "its predictors are mostly missing"
NOT_ASKED_FOR = "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which column of a dataset is which gene of a model.

    Attributes
    ----------
    gene_of_column
        For every column of the dataset the row of its gene in the model's gene index, -1 for none. Columns
        that share a row are summed as predictors.
    column_of_gene
        For every gene of the model a column of the dataset that holds it, -1 for none.
    reasons
        For every column of the dataset: ``imputed``, or why it is not.
    inputs_found, inputs_needed
        Input genes of the model: those that the dataset has, and all.
    targets_found, targets_known
        Target genes of the model: those that will be imputed, and all.
    """

    gene_of_column: NDArray[np.intp]
    column_of_gene: NDArray[np.intp]
    reasons: tuple[str, ...]
    inputs_found: int
    inputs_needed: int
    targets_found: int
    targets_known: int

    @property
    def target_columns(self) -> NDArray[np.intp]:
        """Columns of the dataset that are imputed, ascending."""
        return np.flatnonzero([reason == IMPUTED for reason in self.reasons])

    def take(self, columns: NDArray[np.intp]) -> Alignment:
        """Return the alignment of some of the columns; what the dataset has stays."""
        reasons = tuple(self.reasons[column] for column in columns.tolist())
        return replace(
            self,
            gene_of_column=self.gene_of_column[columns],
            reasons=reasons,
            targets_found=reasons.count(IMPUTED),
        )


def strip_version(name: str) -> str:
    """Return an Ensembl gene id without its version suffix; any other name as it is."""
    match = _ENSEMBL.fullmatch(name)
    return match[1] if match else name


def align(
    genes: GeneIndex, names: Sequence[Sequence[str]], *, expression: Sequence[bool] | None = None
) -> Alignment:
    """Match dataset columns to model genes.

    An Ensembl id (version ignored) outranks a symbol, a symbol outranks an alias. An alias that two genes
    of the model share matches neither.

    Parameters
    ----------
    genes
        The model's gene index.
    names
        One or more names for every column of the dataset: ``var_names`` first, then other id columns.
        All of one length, the number of columns.
    expression
        Which columns are gene expression (antibody and guide counts carry gene names too); by default all.

    Raises
    ------
    GeneMatchError
        When the dataset has fewer than `MIN_MEASURED_SHARE` of the model's input genes, or none of its targets.
    """
    if expression is not None:
        names = [[n if e else "" for n, e in zip(column, expression, strict=True)] for column in names]
    claims = _claims(lookup(genes), names)
    gene_of_column = np.full(len(names[0]), -1, dtype=np.intp)
    column_of_gene = np.full(len(genes), -1, dtype=np.intp)
    shared: set[int] = set()
    for row, ranked in claims.items():
        best = min(rank for rank, _ in ranked)
        columns = [column for rank, column in ranked if rank == best]
        gene_of_column[columns] = row
        column_of_gene[row] = columns[0]
        if len(columns) > 1:
            shared.add(row)
    seeing = _seeing(genes, column_of_gene)
    reasons = tuple(
        NOT_A_GENE
        if expression is not None and not expression[column]
        else _reason(genes[row] if row >= 0 else None, duplicate=row in shared, seeing=seeing)
        for column, row in enumerate(gene_of_column.tolist())
    )
    result = Alignment(
        gene_of_column=gene_of_column,
        column_of_gene=column_of_gene,
        reasons=reasons,
        inputs_found=int((column_of_gene[genes.inputs] >= 0).sum()),
        inputs_needed=len(genes.inputs),
        targets_found=reasons.count(IMPUTED),
        targets_known=len(genes.targets),
    )
    _require_overlap(result, genes, names)
    return result


def lookup(genes: GeneIndex) -> dict[str, tuple[int, int]]:
    """Return (rank, row) for every name that identifies one gene of the model."""
    table: dict[str, tuple[int, int]] = {}
    counts: dict[str, int] = defaultdict(int)
    for gene in genes:
        for alias in set(gene.aliases):
            counts[alias] += 1
    for row, gene in enumerate(genes):
        for alias in gene.aliases:
            if counts[alias] == 1:
                table[alias] = (_ALIAS, row)
    for row, gene in enumerate(genes):
        if gene.symbol:
            table[gene.symbol] = (_SYMBOL, row)
    for row, gene in enumerate(genes):
        if gene.ensembl_id:
            table[gene.ensembl_id] = (_ID, row)
    return table


def _claims(table: dict[str, tuple[int, int]], names: Sequence[Sequence[str]]) -> dict[int, list[tuple[int, int]]]:
    """Return for every gene of the model the (rank, column) pairs that match it; a column claims one gene."""
    claims: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for column, spellings in enumerate(zip(*names, strict=True)):
        found = [hit for name in spellings if (hit := table.get(strip_version(name)))]
        if found:
            rank, row = min(found, key=lambda hit: hit[0])
            claims[row].append((rank, column))
    return claims


def _seeing(genes: GeneIndex, column_of_gene: NDArray[np.intp]) -> set[int]:
    """Return the sub-networks of which the dataset measured enough predictors."""
    needed: dict[int, int] = defaultdict(int)
    found: dict[int, int] = defaultdict(int)
    for gene, column in zip(genes, column_of_gene.tolist(), strict=True):
        worth = len(gene.predicts)
        for network in gene.predicts:
            needed[network] += worth
            found[network] += worth * (column >= 0)
    return {network for network in needed if found[network] >= MIN_MEASURED_SHARE * needed[network]}


def _reason(gene: Gene | None, *, duplicate: bool, seeing: set[int]) -> str:
    if gene is None:
        return NOT_IN_MODEL
    if not gene.is_target:
        return PREDICTOR_ONLY
    if duplicate:
        return DUPLICATE
    return IMPUTED if gene.subnetwork in seeing else BLIND


def _require_overlap(alignment: Alignment, genes: GeneIndex, names: Sequence[Sequence[str]]) -> None:
    worth = np.array([len(gene.predicts) for gene in genes])
    measured = worth[alignment.column_of_gene >= 0].sum() / worth.sum()
    if alignment.targets_found and measured >= MIN_MEASURED_SHARE:
        return
    yours = ", ".join(str(n) for n in names[0][:3])
    models = ", ".join(_spellings(genes[int(row)]) for row in genes.inputs[:3])
    raise GeneMatchError(
        f"The dataset has {alignment.inputs_found} of the {alignment.inputs_needed} genes that the model "
        f"reads. Its genes look like {yours}; the model's like {models}. Check that the species is the "
        "model's, and that var_names (or a column of var) hold Ensembl ids or gene symbols."
    )


def _spellings(gene: Gene) -> str:
    return "/".join(filter(None, (gene.symbol, gene.ensembl_id)))


def is_ensembl_id(name: str) -> bool:
    """Return whether a name is an Ensembl gene id, with or without a version."""
    return _ENSEMBL.fullmatch(name) is not None


def name_columns(var_names: Iterable[object], var: Any) -> list[list[str]]:
    """Return ``var_names`` and those columns of var that hold Ensembl ids or symbols.

    Parameters
    ----------
    var_names
        The dataset's own gene names.
    var
        The data frame of an AnnData's genes. A text column counts when most of its values are Ensembl gene
        ids, or when it has one of the usual names of a symbol column.
    """
    found = [[str(name) for name in var_names]]
    for number, label in enumerate(var.columns):
        values = var.iloc[:, number]  # by number: labels may occur twice
        if values.dtype.kind in "biufcmM":
            continue
        texts = [str(value) for value in values]
        ids = sum(map(is_ensembl_id, texts[:200]))
        if str(label).lower() in _SYMBOL_COLUMNS or (texts and ids >= len(texts[:200]) / 2):
            found.append(texts)
    return found


def expression_columns(var: Any) -> list[bool] | None:
    """Return which columns are gene expression, by the ``feature_types`` of 10x; None where it is absent."""
    labels = [str(label) for label in var.columns]
    if "feature_types" not in labels:
        return None
    kinds = [str(kind) for kind in var.iloc[:, labels.index("feature_types")]]
    return [kind == "Gene Expression" for kind in kinds] if "Gene Expression" in kinds else None


_SYMBOL_COLUMNS = {"feature_name", "gene", "gene_name", "gene_names", "gene_symbol", "gene_symbols", "symbol"}
