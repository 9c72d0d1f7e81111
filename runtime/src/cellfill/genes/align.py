"""Match the genes of a dataset to the genes of a model, by Ensembl id, symbol or alias."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cellfill.genes.affixes import without_affix
from cellfill.genes.alignment import (
    BLIND,
    DUPLICATE,
    IMPUTED,
    NOT_A_GENE,
    NOT_IN_MODEL,
    PREDICTOR_ONLY,
    Alignment,
)
from cellfill.genes.lookup import gene_lookup
from cellfill.genes.mismatch import Elsewhere, refusal
from cellfill.genes.species import see_species

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Gene, GeneIndex

# Where a model does not say what it needs; and for a single sub-network, which reads mostly fill values below it.
MIN_COVERAGE = 0.1
# 200 genes at random leave nothing of a PBMC model's gain over gene mean x library, 300 nearly half of it. Of those
# that tell most a hundred leave more: fewer are enough where the coverage is good.
LEAST_INPUTS = 200


def align(
    genes: GeneIndex,
    names: Sequence[Sequence[str]],
    *,
    expression: Sequence[bool] | None = None,
    species: str = "unknown",
    min_coverage: float = MIN_COVERAGE,
    least_inputs: int = 0,
    elsewhere: Elsewhere | None = None,
) -> Alignment:
    """Match dataset columns to model genes, and refuse a dataset that is no match for the model.

    Parameters
    ----------
    genes, names, expression
        See `match`.
    species
        The model's.
    min_coverage
        Least coverage that is accepted, of the model and (at most `MIN_COVERAGE`) of a sub-network.
    least_inputs
        Fewer input genes than these are accepted only with a coverage of `GOOD_COVERAGE`.
    elsewhere
        Where else the names may be: what a refusal points to.

    Raises
    ------
    SpeciesError
        When the dataset is clearly of another species than the model.
    GeneMatchError
        When the coverage is below ``min_coverage``, of too few genes, or no gene could be filled.
    """
    result = match(genes, names, expression=expression, floor=min_coverage)
    refused = refusal(
        result,
        genes,
        names,
        species=species,
        min_coverage=min_coverage,
        least_inputs=least_inputs,
        elsewhere=elsewhere or Elsewhere(),
    )
    if refused is not None:
        raise refused
    return result


def match(
    genes: GeneIndex,
    names: Sequence[Sequence[str]],
    *,
    expression: Sequence[bool] | None = None,
    floor: float = MIN_COVERAGE,
) -> Alignment:
    """Match dataset columns to model genes, whatever comes of it.

    An Ensembl id (version ignored) outranks a symbol, a symbol outranks an alias, an alias a name that differs
    in case, dots or underscores, or that R or a spreadsheet changed. An alias that two genes of the model share
    matches neither. Names that hold id and symbol are taken apart; what stands before or after every name is taken
    off, and so is a suffix that made a name unique.

    Parameters
    ----------
    genes
        The model's gene index.
    names
        One or more names for every column of the dataset: ``var_names`` first, then other id columns.
        All of one length, the number of columns.
    expression
        Which columns are gene expression (antibody and guide counts carry gene names too); by default all.
    floor
        Least coverage of a sub-network whose targets are filled, where it is below `MIN_COVERAGE`.
    """
    is_gene = gene_lookup(genes).is_gene
    if expression is not None:
        names = [[n if e else "" for n, e in zip(column, expression, strict=True)] for column in names]
    names = [without_affix(column, is_gene) for column in names]
    gene_of_column = np.full(len(names[0]), -1, dtype=np.intp)
    column_of_gene = np.full(len(genes), -1, dtype=np.intp)
    shared: set[int] = set()
    for row, ranked in _claims(genes, names).items():
        best = min(rank for rank, _ in ranked)
        columns = [column for rank, column in ranked if rank == best]
        gene_of_column[columns] = row
        column_of_gene[row] = columns[0]
        if len(columns) > 1:
            shared.add(row)
    worth = gene_worth(genes)
    seeing = _seeing(genes, worth, column_of_gene >= 0, floor=min(floor, MIN_COVERAGE))
    reasons = tuple(
        NOT_A_GENE
        if expression is not None and not expression[column]
        else _reason(genes[row] if row >= 0 else None, duplicate=row in shared, seeing=seeing)
        for column, row in enumerate(gene_of_column.tolist())
    )
    return Alignment(
        gene_of_column=gene_of_column,
        column_of_gene=column_of_gene,
        reasons=reasons,
        inputs_found=int((column_of_gene[genes.inputs] >= 0).sum()),
        inputs_needed=len(genes.inputs),
        targets_found=reasons.count(IMPUTED),
        targets_known=len(genes.targets),
        coverage=float(worth[column_of_gene >= 0].sum()),
        species=see_species(names),
    )


def enough_inputs(genes: GeneIndex, min_coverage: float | None) -> int:
    """Return how many input genes a dataset needs: none where a person said what coverage is enough."""
    return 0 if min_coverage is not None else min(LEAST_INPUTS, len(genes.inputs))


def gene_worth(genes: GeneIndex) -> NDArray[np.float64]:
    """Return what each gene is worth to the model, summing to 1.

    As training measured it; in a model without such figures an input counts as often as sub-networks read it.
    """
    inputs = np.array([gene.is_input for gene in genes])
    worth = genes.column("worth")
    if np.isnan(worth[inputs]).any():
        worth = np.array([max(len(gene.predicts), 1) for gene in genes], dtype=np.float64)
    worth = np.where(inputs, worth, 0.0)
    shares: NDArray[np.float64] = worth / max(worth.sum(), 1e-300)
    return shares


def _claims(genes: GeneIndex, names: Sequence[Sequence[str]]) -> dict[int, list[tuple[int, int]]]:
    """Return for every gene of the model the (rank, column) pairs that match it; a column claims one gene."""
    lookup = gene_lookup(genes)
    others = [set(column) for column in names]
    claims: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for column, spellings in enumerate(zip(*names, strict=True)):
        hit = lookup.column(spellings, others)
        if hit is not None:
            rank, row = hit
            claims[row].append((rank, column))
    return claims


def _seeing(genes: GeneIndex, worth: NDArray[np.float64], measured: NDArray[np.bool_], *, floor: float) -> set[int]:
    """Return the sub-networks of which the dataset measured enough predictors."""
    needed: dict[int, float] = defaultdict(float)
    found: dict[int, float] = defaultdict(float)
    for gene, value, known in zip(genes, worth.tolist(), measured.tolist(), strict=True):
        for network in gene.predicts:  # shared out, so that the sub-networks' coverages go with the model's
            needed[network] += value / len(gene.predicts)
            found[network] += value / len(gene.predicts) * known
    return {network for network in needed if found[network] >= max(floor * needed[network], 1e-12)}


def _reason(gene: Gene | None, *, duplicate: bool, seeing: set[int]) -> str:
    if gene is None:
        return NOT_IN_MODEL
    if not gene.is_target:
        return PREDICTOR_ONLY
    if duplicate:
        return DUPLICATE
    return IMPUTED if gene.subnetwork < 0 or gene.subnetwork in seeing else BLIND
