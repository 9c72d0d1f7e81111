"""Why a dataset is no match for a model, and where else the names of its genes may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.errors import GeneMatchError, SpeciesError
from cellfill.genes.affixes import Affix, usual_affix
from cellfill.genes.lookup import gene_lookup
from cellfill.genes.names import shown, strip_version
from cellfill.genes.species import SpeciesSeen, same_species
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from cellfill.bundle import Gene, GeneIndex
    from cellfill.genes.alignment import Alignment

# So many cells called as genes are no chance, as wells called A1 are; a small model knows a twelfth of all genes.
_LEAST_NAMES, _LEAST_SHARE = 10, 0.05
_MOST_COLUMNS = 10
# On subsets of the genes of a PBMC study, nine tenths of the model's gain over gene mean x library are left from
# here on, whether the genes are variable, highly expressed, or drawn at random.
GOOD_COVERAGE = 0.5


def _no_names() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where else in a dataset the names of its genes may be, for a refusal.

    Attributes
    ----------
    columns
        Labels of the columns of var.
    cells
        Returns the names of the cells; called only where the genes are no match.
    """

    columns: Sequence[str] = ()
    cells: Callable[[], Sequence[str]] = _no_names


def refusal(
    alignment: Alignment,
    genes: GeneIndex,
    names: Sequence[Sequence[str]],
    *,
    species: str,
    min_coverage: float,
    least_inputs: int,
    elsewhere: Elsewhere,
) -> GeneMatchError | None:
    """Return the error that says why a dataset is no match for a model; None where it is one."""
    if not same_species(species, alignment.species):
        seen = alignment.species
        other = seen.said
        if seen.together:
            return SpeciesError(of_several(seen))
        return SpeciesError(
            f"The model is for {species}; the dataset's genes look like {shown(names)}: {other} ({seen.why}). "
            f"What it learned does not hold there: use a model for {other}."
        )
    few = alignment.inputs_found < least_inputs and alignment.coverage < GOOD_COVERAGE
    of_use = alignment.targets_found if alignment.targets_known else alignment.inputs_found
    if of_use and alignment.coverage >= min_coverage and not few:
        return None
    in_rows = _genes_among_cells(alignment, genes, elsewhere.cells())
    if in_rows:
        return GeneMatchError(
            f"The cells' names look like genes ({', '.join(in_rows[:3])}): the dataset has genes in rows, and "
            f"{shown(names)} as genes. Transpose it: adata.T (a text table: --orientation genes-in-rows)."
        )
    if (affix := usual_affix([name for name in names[0] if name], gene_lookup(genes).is_gene)) != Affix():
        method, text = ("removeprefix", affix.before) if affix.before else ("removesuffix", affix.after)
        return GeneMatchError(
            f"Most of the dataset's genes have {text} {'before' if affix.before else 'after'} their names "
            f"({shown(names)}), which the model's have not. Take it off: adata.var_names = "
            f"adata.var_names.str.{method}({text!r})."
        )
    column = f"--gene-column{_listed(elsewhere.columns)}"
    found = f"{alignment.inputs_found:,} of the {alignment.inputs_needed:,} genes that the model reads"
    models = ", ".join(_spellings(genes[int(row)]) for row in genes.inputs[:3])
    looks = f"Its genes look like {shown(names)}; the model's like {models}"
    if alignment.inputs_found and alignment.coverage < min_coverage:
        share = alignment.coverage
        return GeneMatchError(
            f"The dataset has {found}: a coverage of {share:.3f}, and the model needs {min_coverage:.3f} to be of "
            f"use. {looks}. Check the names ({column}), or go on at your own risk with "
            f"--min-coverage {_just_below(share)} (min_coverage=...)."
        )
    if few and of_use + alignment.blind:
        return GeneMatchError(
            f"The dataset has {found}: too few to go by, though their coverage is {alignment.coverage:.3f}. The "
            f"model needs {least_inputs:,} of them, or a coverage of {GOOD_COVERAGE:g}. {looks}. Give it all "
            f"genes that were measured, check the names ({column}), or go on at your own risk with "
            f"--min-coverage {_just_below(alignment.coverage)} (min_coverage=...)."
        )
    twice = alignment.in_several_columns
    if len(twice) > alignment.blind:
        first = names[0][int(twice[0])]
        return GeneMatchError(
            f"The dataset has {found}, and none that it can fill: {len(twice):,} that it could stand in several "
            f"columns each ({first[:60]}, for example). Sum or drop the columns of a gene that are too many; "
            "adata.var_names_make_unique() does not help, since CD3D-1 is CD3D still."
        )
    fills = ", and none that it can fill" if alignment.targets_known else ""
    return GeneMatchError(
        f"The dataset has {found}{fills}. {looks}. Check that the species is the "
        f"model's, and that var_names (or a column of var, {column}) hold {_kind_of_names(genes)}."
    )


def of_several(seen: SpeciesSeen) -> str:
    """Say that a dataset has genes of several species in one table, which no model of one can be used on."""
    return (
        f"The dataset has genes of {seen.said} in one table ({seen.why}), and a model is for cells and genes of "
        "one. Split it by species, adata[cells_of_one, genes_of_one].copy(), and use a model for each part."
    )


def _kind_of_names(genes: GeneIndex) -> str:
    """Return which names a dataset needs, so that a model can know its genes."""
    has = {kind for kind in ("ensembl_id", "symbol") if any(getattr(gene, kind) for gene in genes)}
    if len(has) > 1:
        return "Ensembl ids or gene symbols"
    one, other = ("Ensembl ids", "symbols") if "ensembl_id" in has else ("gene symbols", "Ensembl ids")
    return (
        f"{one}, since the model knows no {other}: add a column of var with them, which is found by itself; "
        "whoever trains the model can give it both (cellfill-train fit --gene-table)"
    )


def _genes_among_cells(alignment: Alignment, genes: GeneIndex, cells: Sequence[str]) -> list[str]:
    """Return names of cells that are genes of the model, where these are too many for chance; else none."""
    exact = gene_lookup(genes).exact
    found = [str(name)[:60] for name in cells if strip_version(str(name)) in exact]
    matched = int((alignment.gene_of_column >= 0).sum())
    return found if len(found) >= max(_LEAST_NAMES, _LEAST_SHARE * len(cells)) and len(found) > matched else []


def _listed(columns: Sequence[str]) -> str:
    return f": {some([str(label)[:60] for label in columns], _MOST_COLUMNS)}" if len(columns) else ""


def _just_below(share: float) -> str:
    return f"{int(share * 1000) / 1000:g}"


def _spellings(gene: Gene) -> str:
    return "/".join(filter(None, (gene.symbol, gene.ensembl_id)))
