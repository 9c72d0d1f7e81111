"""Names of genes as datasets write them: Ensembl ids, symbols, both in one, changed by R, made unique."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from cellfill.errors import DataError
from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.table import gene_table

# ENS, an optional species code, a feature letter, eleven digits; a version after a dot.
_ENSEMBL = re.compile(r"(ENS[A-Z]{0,6}G\d{11})(?:\.\d+)?")
# Id and symbol in one name, either first; and the genome before a name, as 10x writes it where it has two.
_ID_FIRST = re.compile(r"(ENS[A-Z]{0,6}G\d{11}(?:\.\d+)?)[_|:;,-]+(\S+)")
_ID_LAST = re.compile(r"(\S+?)[_|:;,-]+(ENS[A-Z]{0,6}G\d{11}(?:\.\d+)?)")
_GENOME = re.compile(r"(?:GRCh3[78]|hg19|hg38|GRCm3[89]|mm10|mm39)_+(\S+)")
# A longer name is no gene's; to take it apart takes long, as its maker may want.
_LONGEST = 1000
_UNIQUE = re.compile(r"(\S+)[-.](\d{1,2})")
# What a column of symbols is called by 10x, CELLxGENE, biomaRt, org.*.eg.db, monocle, scater and loom: in lower
# case, without blanks, dots, dashes or underscores.
_SYMBOL_COLUMNS = {
    *("gene", "genes", "genename", "genenames", "geneid", "genesymbol", "genesymbols", "geneshortname"),
    *("feature", "features", "featurename", "featurenames"),
    *("symbol", "symbols", "sym", "externalgenename", "hgnc", "hgncsymbol", "mgisymbol", "rgdsymbol"),
    *("officialsymbol", "officialgenesymbol", "associatedgenename"),
}
# The copy of a gene on the Y chromosome is another gene than its id without the suffix says.
_PAR_Y = "PAR_Y"


def strip_version(name: str) -> str:
    """Return an Ensembl gene id without its version suffix; any other name as it is."""
    if "." not in name:
        return name
    match = _ENSEMBL.fullmatch(name)
    return match[1] if match else name


def is_ensembl_id(name: str) -> bool:
    """Return whether a name is an Ensembl gene id, with or without a version."""
    return _ENSEMBL.fullmatch(name) is not None


def parts(name: str) -> tuple[str, ...]:
    """Return what a name consists of: itself, and the id and the symbol where it holds both.

    ``ENSG00000167286.9_CD3D``, ``CD3D|ENSG00000167286`` and ``GRCh38_CD3D`` are such names.
    """
    plain = strip_version(name)
    if ("_" not in plain and "ENS" not in plain) or len(plain) > _LONGEST:
        return (plain,)
    if (genome := _GENOME.fullmatch(plain)) is not None:
        return plain, *parts(genome[1])
    if _PAR_Y in plain:
        return (plain,)
    if (match := _ID_FIRST.fullmatch(plain)) is not None:
        return plain, strip_version(match[1]), match[2]
    if (match := _ID_LAST.fullmatch(plain)) is not None:
        return plain, strip_version(match[2]), match[1]
    return (plain,)


def dashed(name: str) -> str:
    """Return a name with dots and underscores as dashes: R writes HLA-A as HLA.A, Seurat A_B as A-B."""
    return name.replace(".", "-").replace("_", "-")


def stem(name: str) -> str | None:
    """Return a name without the suffix that made it unique (``CD3D-1``, ``CD3D.1``), None where it has none."""
    match = _UNIQUE.fullmatch(name)
    return match[1] if match else None


def name_columns(var_names: Iterable[object], var: Any, *, gene_column: str | None = None) -> list[list[str]]:
    """Return ``var_names`` and those columns of var that hold Ensembl ids or symbols.

    Parameters
    ----------
    var_names
        The dataset's own gene names.
    var
        The genes of a dataset, or the data frame of an AnnData's. A text column counts when most of its values
        are Ensembl gene ids, or when it has one of the usual names of a symbol column, in any case.
    gene_column
        The one column that names the genes; nothing else is looked at then.

    Raises
    ------
    DataError
        When there is no such column.
    """
    table = gene_table(var)
    if gene_column is not None:
        named = next((column for column in table.columns if column.label == gene_column), None)
        if named is None:
            have = ", ".join(table.labels[:10]) or "none"
            raise DataError(f"var has no column {gene_column!r} (gene_column=...); columns: {have}.")
        return [named.texts()]
    found = [[str(name) for name in var_names]]
    for column in table.columns:
        if not column.is_text:
            continue
        texts = column.texts()
        if is_symbol_label(column.label) or mostly_ids(texts[:200]):
            found.append(texts)
    return found


def is_symbol_label(label: str) -> bool:
    """Return whether a column of this name holds symbols, as far as its name says."""
    return re.sub(r"[\s._-]", "", label.lower()) in _SYMBOL_COLUMNS


def mostly_ids(names: Sequence[str]) -> bool:
    """Return whether at least half of some names are Ensembl gene ids."""
    return len(names) > 0 and sum(map(is_ensembl_id, names)) * 2 >= len(names)


def are_numbers(names: Sequence[str]) -> bool:
    """Return whether names are numbers alone, as of rows that have none."""
    return any(names) and all(not name or (name.isascii() and name.isdigit()) for name in names)


def expression_columns(var: Any) -> list[bool] | None:
    """Return which columns are gene expression; None where nothing says that any is not."""
    return feature_kinds(gene_table(var)).expression


def shown(names: Sequence[Sequence[str]]) -> str:
    """Return the first names, for a message."""
    return ", ".join(str(name)[:60] for name in names[0][:3])
