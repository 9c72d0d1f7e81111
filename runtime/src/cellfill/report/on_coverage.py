"""Section: which genes are filled, which are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellfill.fitness.entries import CALIBRATED
from cellfill.plots import gene_fates, missing_genes
from cellfill.plots.fates import fates_of
from cellfill.plots.style import legible
from cellfill.report.section import Picture, Section, Table

if TYPE_CHECKING:
    from cellfill.fitness.fitness import Fitness
    from cellfill.fitness.looked import Looked
    from cellfill.genes.coverage import Coverage

_FEW_INPUTS = 0.1  # of the genes that the model reads; with fewer it is not made for these names


def reading_section(looked: Looked) -> Section:
    """Say what of the genes that a model reads, and fills none, the dataset has."""
    pictures, tables = _missing(looked.coverage, height=1.3 + 0.2 * len(looked.coverage.worst_missing))
    return Section(
        name="coverage",
        title="Genes: which are missing",
        shows=_shows(looked.coverage),
        beware=(
            "A gene that the dataset lacks counts as unknown, not as zero. With few genes cells of known types, "
            "too, look unlike them."
        ),
        pictures=tuple(pictures),
        tables=tuple(tables),
    )


def coverage_section(fitness: Fitness, *, species: str) -> Section:
    """Say what of the model's genes the dataset has, and what becomes of its own.

    Parameters
    ----------
    fitness
        What was found.
    species
        The model's.
    """
    c = fitness.coverage
    if _is_foreign(c, species):
        return _foreign_section(c, species)
    fates = fates_of(fitness)
    most = ", ".join(f"{number:,} {fate}" for fate, number in list(fates.items())[:3])
    height = max(1.2 + 0.4 * len(fates), 1.3 + 0.2 * len(c.worst_missing))
    pictures = [
        Picture(
            draw=lambda ax: gene_fates(fitness, ax),
            caption="What becomes of the dataset's genes.",
            alt=f"Bars: {most}.",
            height=height,
        )
    ]
    tables = [
        Table(
            caption="What becomes of the dataset's genes",
            head=("genes that are", "number"),
            rows=tuple((legible(fate, most=80), f"{number:,}") for fate, number in fates.items()),
        )
    ]
    missing = _missing(c, height=height)
    pictures += missing[0]
    tables += missing[1]
    return Section(
        name="coverage",
        title="Genes: which are filled, which are missing",
        shows=_shows(c),
        beware=(
            "A gene that the dataset lacks counts as unknown, not as zero. "
            + ("Calibration makes up for a part of what is missing. " if _was_calibrated(fitness) else "")
            + "A gene that is not filled keeps its counts as they are."
        ),
        pictures=tuple(pictures),
        tables=tuple(tables),
    )


def _is_foreign(c: Coverage, species: str) -> bool:
    """Return whether these are not the model's genes at all: what is missing of these is no question then."""
    others = bool(c.species) and species not in c.species
    return c.verdict == "refused" and (others or c.inputs_share < _FEW_INPUTS)


def _was_calibrated(fitness: Fitness) -> bool:
    return fitness.entries is not None and CALIBRATED in fitness.entries.found


def _foreign_section(c: Coverage, species: str) -> Section:
    found = " or ".join(legible(name) for name in c.species) or "not known"
    return Section(
        name="coverage",
        title="Genes",
        shows=(
            f"Of {c.genes:,} genes of the dataset, {c.genes_matched:,} are the model's; it reads "
            f"{c.inputs_needed:,}. Species of the names: {found} ({legible(c.species_why, most=120)}); of the "
            f"model: {legible(species)}."
        ),
        beware=(
            "If these are cells of the model's species, its genes are called otherwise here: `cellfill align` says "
            "what the names look like."
        ),
    )


def _shows(c: Coverage) -> str:
    species = " or ".join(legible(name) for name in c.species) or "not known"
    lost = "" if c.worst_missing else " No gene that it reads is missing."
    return (
        f"Of the {c.inputs_needed:,} genes that the model reads, the dataset has {c.inputs_found:,}. By what "
        f"they tell the model that is {c.coverage:.1%}; it needs {c.threshold:.1%}.{lost} Species: {species} "
        f"({legible(c.species_why, most=120)})."
    )


def _missing(c: Coverage, *, height: float) -> tuple[list[Picture], list[Table]]:
    """Return the genes whose absence costs most, as a picture and a table."""
    if not c.worst_missing:
        return [], []
    names = [legible(gene.symbol or gene.ensembl_id) for gene in c.worst_missing]
    picture = Picture(
        draw=lambda ax: missing_genes(c, ax),
        caption="The genes whose absence costs most.",
        alt=f"Bars: the worst loss is {names[0]}, {c.worst_missing[0].worth:.2%} of what all genes tell.",
        height=height,
    )
    table = Table(
        caption="The genes whose absence costs most",
        head=("gene", "Ensembl id", "worth"),
        rows=tuple(
            (name, legible(gene.ensembl_id), f"{gene.worth:.2%}")
            for name, gene in zip(names, c.worst_missing, strict=True)
        ),
        words=2,
    )
    return [picture], [table]
