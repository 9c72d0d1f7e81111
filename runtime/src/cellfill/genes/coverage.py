"""How well a dataset covers what a model reads, before anything is imputed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cellfill.genes.align import enough_inputs, gene_worth, match
from cellfill.genes.alignment import IMPUTED
from cellfill.genes.mismatch import GOOD_COVERAGE, Elsewhere, refusal
from cellfill.genes.names import expression_columns, name_columns
from cellfill.text.sentences import row

if TYPE_CHECKING:
    from cellfill.bundle import Gene, GeneIndex, Manifest
    from cellfill.genes.table import GeneTable

Verdict = Literal["good", "usable", "refused"]

WORST = 10
_FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingGene:
    """An input gene that a dataset lacks, and its share of what all inputs tell the model."""

    symbol: str
    ensembl_id: str
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What of a model's genes a dataset has, and whether that is enough.

    Attributes
    ----------
    model
        Name of the model.
    verdict
        ``good``; ``usable``, which is enough for the model to be of use; or ``refused``.
    refusal
        Why, where it is refused; else empty.
    coverage, threshold
        Share of what the input genes tell the model that the dataset's genes hold, and the least that is accepted.
    least_inputs
        How many input genes are needed where the coverage is not good; 0 where a person set the threshold.
    genes, genes_matched
        Columns of the dataset, and those that are a gene of the model.
    columns_summed
        Columns that share their gene with another: they are summed.
    inputs_found, inputs_needed
        Genes that the model reads: those the dataset has, and all.
    targets_filled, targets_known
        Genes that the model fills: those that will be, and all.
    not_filled
        For each reason the number of the dataset's columns that are not filled for it.
    worst_missing
        The missing input genes of the highest worth, worst first.
    species, species_why
        What the dataset can be from, empty where the names do not tell; and what told.
    """

    model: str
    verdict: Verdict
    refusal: str
    coverage: float
    threshold: float
    least_inputs: int
    genes: int
    genes_matched: int
    columns_summed: int
    inputs_found: int
    inputs_needed: int
    targets_filled: int
    targets_known: int
    not_filled: Mapping[str, int]
    worst_missing: tuple[MissingGene, ...]
    species: tuple[str, ...]
    species_why: str

    @property
    def inputs_share(self) -> float:
        """Share of the input genes, in number, that the dataset has."""
        return self.inputs_found / max(self.inputs_needed, 1)

    def _repr_html_(self) -> str:
        return as_html(self)


def measure_coverage(
    manifest: Manifest,
    genes: GeneIndex,
    var: GeneTable,
    *,
    gene_column: str | None = None,
    min_coverage: float | None = None,
    cells: Callable[[], Sequence[str]] | None = None,
) -> Coverage:
    """Align the genes of a dataset with those of a model, and say how well they go together.

    Parameters
    ----------
    manifest, genes
        Of the model.
    var
        The dataset's genes.
    gene_column
        The column of ``var`` that names the genes; found by itself by default.
    min_coverage
        Least coverage that is accepted; the model's own by default.
    cells
        Returns the names of the cells: a dataset that has genes in rows is told by them.

    Raises
    ------
    DataError
        When there is no such column.
    """
    threshold = manifest.min_coverage if min_coverage is None else min_coverage
    names = name_columns(var.index, var, gene_column=gene_column)
    found = match(genes, names, expression=expression_columns(var), floor=threshold)
    elsewhere = Elsewhere(columns=var.labels) if cells is None else Elsewhere(columns=var.labels, cells=cells)
    least = enough_inputs(genes, min_coverage)
    refused = refusal(
        found,
        genes,
        names,
        species=manifest.species,
        min_coverage=threshold,
        least_inputs=least,
        elsewhere=elsewhere,
    )
    reasons = Counter(found.reasons)
    imputed = reasons.pop(IMPUTED, 0)
    good = found.coverage >= max(GOOD_COVERAGE, threshold)
    return Coverage(
        model=manifest.name,
        verdict="refused" if refused else "good" if good else "usable",
        refusal=str(refused) if refused else "",
        coverage=found.coverage,
        threshold=threshold,
        least_inputs=least,
        genes=len(names[0]),
        genes_matched=int((found.gene_of_column >= 0).sum()),
        columns_summed=_shared(found.gene_of_column.tolist()),
        inputs_found=found.inputs_found,
        inputs_needed=found.inputs_needed,
        targets_filled=imputed,
        targets_known=found.targets_known,
        not_filled=dict(reasons.most_common()),
        worst_missing=_worst(genes, found.column_of_gene < 0),
        species=tuple(sorted(found.species.species)),
        species_why=found.species.why,
    )


def _shared(rows: list[int]) -> int:
    return sum(number for row, number in Counter(rows).items() if row >= 0 and number > 1)


def _worst(genes: GeneIndex, missing: Any) -> tuple[MissingGene, ...]:
    worth = np.where(missing, gene_worth(genes), 0.0)
    order = np.argsort(-worth, kind="stable")[:WORST]
    return tuple(_missing(genes[int(row)], float(worth[row])) for row in order if worth[row] > 0)


def _missing(gene: Gene, worth: float) -> MissingGene:
    return MissingGene(symbol=gene.symbol, ensembl_id=gene.ensembl_id, worth=worth)


def needed(threshold: float, least: int) -> str:
    """Say how much coverage a model needs, of how many genes."""
    if not least or threshold >= GOOD_COVERAGE:
        return f"{threshold:.1%}"
    return f"{threshold:.1%} of {least:,} genes or more, or {GOOD_COVERAGE:.0%} of fewer,"


def describe(coverage: Coverage, *, verbose: bool = False) -> str:
    """Say it to a person, in lines: the verdict first, all figures if ``verbose``."""
    c = coverage
    found = f"{c.coverage:.1%} of what the model reads is there"
    verdict = {
        "good": f"good: {found}",
        "usable": f"usable: only {found}"
        + ("; calibration makes up for a part of what is missing" if c.targets_known else ""),
        "refused": f"refused: {c.refusal}",
    }[c.verdict]
    return "\n".join([verdict, "", *(_figures(c) if verbose else _few_figures(c))])


def _few_figures(c: Coverage) -> list[str]:
    lines = [row("genes", f"{c.inputs_found:,} of the {c.inputs_needed:,} that the model reads")]
    if c.verdict == "refused":
        return [*lines, row("model", c.model)]
    if c.targets_known:
        why = "; ".join(f"{number:,} {reason}" for reason, number in c.not_filled.items())
        lines.append(
            row("imputed", f"{c.targets_filled:,} of your {c.genes:,} genes" + (f" (not: {why})" if why else ""))
        )
    if c.worst_missing:
        lines.append(row("missed most", ", ".join(map(_name, c.worst_missing[:_FEW]))))
    return [*lines, row("model", c.model)]


def _figures(c: Coverage) -> list[str]:
    species = " or ".join(c.species) or "not known"
    summed = f"; {c.columns_summed:,} columns share a gene and are summed" if c.columns_summed else ""
    lines = [
        row("model", c.model),
        row("species", f"{species} ({c.species_why})"),
        row("genes", f"{c.genes_matched:,} of your {c.genes:,} are the model's{summed}"),
        row(
            "coverage",
            f"{c.coverage:.1%} of what the model reads ({c.inputs_found:,} of {c.inputs_needed:,} genes); at least "
            f"{needed(c.threshold, c.least_inputs)} is needed",
        ),
    ]
    if c.targets_known:
        lines.append(
            row("filled", f"{c.targets_filled:,} genes of the {c.targets_known:,} that the model can fill")
        )
        lines += [row("not filled", f"{number:,}: {reason}") for reason, number in c.not_filled.items()]
    if c.worst_missing:
        lines.append(row("missed most", ", ".join(f"{_name(g)} {g.worth:.1%}" for g in c.worst_missing)))
    return lines


def _name(gene: MissingGene) -> str:
    return gene.symbol or gene.ensembl_id


def as_html(coverage: Coverage) -> str:
    """Return whether a dataset's genes are enough for a model, and what is missing."""
    from html import escape

    from cellfill.text.notebook import BAD, GOOD, SO_SO, framed, rows_table

    c = coverage
    rows = [
        (
            "coverage",
            f"{c.coverage:.1%} of what the model reads; {needed(c.threshold, c.least_inputs)} is needed",
        ),
        ("read", f"{c.inputs_found:,} of {c.inputs_needed:,} genes that the model reads"),
        ("species", " or ".join(c.species) or "not known"),
    ]
    if c.targets_known:
        rows.insert(-1, ("filled", f"{c.targets_filled:,} of {c.targets_known:,} genes that the model can fill"))
    if c.worst_missing:
        worst = ", ".join(f"{gene.symbol or gene.ensembl_id} {gene.worth:.1%}" for gene in c.worst_missing[:5])
        rows.append(("missed most", worst))
    why = f"<p>{escape(c.refusal)}</p>" if c.refusal else ""
    verdict = f"<b>{escape(c.verdict)}</b>: the genes of this dataset, for {escape(c.model)}"
    return framed({"good": GOOD, "usable": SO_SO, "refused": BAD}[c.verdict], f"{verdict}{why}{rows_table(rows)}")
