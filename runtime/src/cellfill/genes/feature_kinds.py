"""What the columns of a matrix count: genes, or antibodies, guides, peaks and the like, which are no RNA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cellfill.genes.panels import antibodies_among
from cellfill.genes.table import GeneColumn

if TYPE_CHECKING:
    from cellfill.genes.table import GeneTable

GENE = "Gene Expression"
ANTIBODY, PEAK = "Antibody Capture", "Peaks"
# Cell Ranger's types, and what else they are called: in lower case, letters and digits alone.
_WORDS = {
    GENE: "gene genes gex rna rnas mrna scrna snrna transcript transcripts transcriptome expression geneexpr",
    ANTIBODY: "antibody antibodies ab abs adt adts hto htos prot protein proteins surfaceprotein surfaceproteins "
    "abseq cite citeseq totalseq tag tags hashtag hashtags hashing isotype isotypecontrol antibodyderivedtag",
    PEAK: "peak atac scatac snatac chromatin chromatinaccessibility accessibility",
    "CRISPR Guide Capture": "crispr crisprguide guide guides guiderna grna grnas sgrna sgrnas gdo perturbation",
    "Multiplexing Capture": "multiplexing multiplex cmo cmos multiseq sampletag sampletags lmo",
    "Antigen Capture": "antigen antigens",
    "VDJ": "vdjt vdjb tcr bcr",
    "Custom": "custom",
}
_TYPES = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_TYPES |= {re.sub(r"[^a-z0-9]", "", kind.lower()): kind for kind in _WORDS}
# A column of this name says what the features are, whatever words it uses; concatenating adds _0 or -1 to it.
_TYPE_LABEL = re.compile(r"(features?types?|featurekinds?|modalit(y|ies))\d*")
# Columns that say what a *gene* is a gene of: its product may be "protein" or "RNA".
_BIOTYPE_LABEL = re.compile(r".*(biotype|product|locus|class).*")
_MOST_TYPES = 64  # columns of more values say something else

# Names that no gene has: CITE-seq's, and regions of the genome.
_CALLED_ANTIBODY = re.compile(
    r"(ADT|HTO|Ab|AbSeq|CITE|prot|protein|antibody|anti|hashtag)[-_.:| ]\S.*"
    r"|.*[-_.:| ](ADT|HTO|prot|protein|antibody|pAbO|AbSeq|Isotype(_?Ctrl|_?Control)?)([-.]\d+)?"
    r"|.*Total-?Seq.*|.*\|AHS\d{4}\b.*|Hashtag_\d+.*",
    re.IGNORECASE,
)
_CALLED_PEAK = re.compile(r"(GRCh38_+|mm10_+|hg38_+)?chr(\d{1,2}|[XYM]|MT)[:_-]\d+[-_]\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureKinds:
    """What the columns of a matrix count.

    Attributes
    ----------
    types
        The type of each, as Cell Ranger calls it where it is one of its own.
    expression
        Which are gene expression; None where nothing says that any is not.
    note
        What told it, where that is not a column ``feature_types``; empty for nothing to say.
    """

    types: tuple[str, ...]
    expression: list[bool] | None
    note: str = ""


def feature_kinds(var: GeneTable) -> FeatureKinds:
    """Tell genes from other features: by a column of types, by its values whatever its name, else by the names.

    A column is one of types if it is called ``feature_types``, ``feature_type``, ``modality`` or the like, or
    holds "Gene Expression". Where none of these names the type of every feature, one of any name does whose values
    are all words for types, some of genes and fewer of others. Of several columns each may say that a feature is
    no gene. What none of them knows is no gene where another is said to be one, and else a gene. Where no column
    tells, names do that no gene has (``CD3_TotalSeqB``, ``ADT-CD4``, ``chr1:100-200``), and panels of antibodies
    that double genes (``CD4-1``).
    """
    sure, likely = _columns_of_types(var.columns, named=True), _columns_of_types(var.columns, named=False)
    types = _together(sure, len(var))
    columns, unheeded = (sure, likely) if likely and None not in types else (sure | likely, {})
    types = _together(columns, len(var))
    if any(kind not in (GENE, None) for kind in types):
        genes_named = GENE in types
        found = tuple(kind or ("Custom" if genes_named else GENE) for kind in types)
        expression = [kind == GENE for kind in found]
        return FeatureKinds(types=found, expression=expression, note=_by_column(columns, found))
    if unheeded:
        return FeatureKinds(types=(GENE,) * len(var), expression=None, note=_by_none(unheeded, next(iter(sure))))
    names = [str(name) for name in var.index]
    others = _by_name(names) | dict.fromkeys(antibodies_among(names, _texts(var)), ANTIBODY)
    if not others:
        return FeatureKinds(types=(GENE,) * len(names), expression=None)
    found = tuple(others.get(place, GENE) for place in range(len(names)))
    example = names[min(others)][:60]
    note = (
        f"{len(others):,} of the {len(names):,} features ({example}, for example) are called as antibodies or "
        "peaks are, though no column says so, and are not taken for genes."
    )
    return FeatureKinds(types=found, expression=[kind == GENE for kind in found], note=note)


def with_types_of(var: GeneTable, whole: GeneTable) -> GeneTable:
    """Return the genes of ``raw``, with the types of the dataset's own genes where raw has none."""
    if var is whole or feature_kinds(var).expression is not None:
        return var
    known = feature_kinds(whole)
    if known.expression is None:
        return var
    by_name = dict(zip(whole.index, known.types, strict=True))
    types = [by_name.get(name, GENE) for name in var.index]
    return replace(var, columns=(*var.columns, GeneColumn("feature_types", types, is_text=True)))


def _columns_of_types(columns: Sequence[GeneColumn], *, named: bool) -> dict[str, list[str | None]]:
    """Return the types by each column that is surely of types, or by each that is likely."""
    return {column.label: kinds for column in columns if (kinds := _types_in(column, named=named)) is not None}


def _together(columns: Mapping[str, Sequence[str | None]], features: int) -> list[str | None]:
    """Return the type of each feature by all columns."""
    return [_agreed(said) for said in zip(*columns.values(), strict=True)] if columns else [None] * features


def _types_in(column: GeneColumn, *, named: bool) -> list[str | None] | None:
    """Return the type of each feature by a column, None for what it does not know; None if it is not of types."""
    if not column.is_text:
        return None
    values = column.texts()
    known = {value: _type_of(value) for value in dict.fromkeys(values)} if _few(values) else {}
    said = {value: kind for value, kind in known.items() if not _is_missing(value)}
    label = re.sub(r"[^a-z0-9]", "", column.label.lower())
    other, genes_named = any(kind not in (GENE, None) for kind in said.values()), GENE in said.values()
    if _TYPE_LABEL.fullmatch(label) is not None or GENE in said:
        if not named or not (other or genes_named):
            return None
        unknown = {value: value if genes_named else None for value, kind in said.items() if kind is None}
        return [unknown.get(value, known[value]) for value in values]
    if named or not (other and genes_named) or len(said) < len(known) or None in said.values():
        return None
    kinds = [known[value] for value in values]
    products = sum(kind not in (GENE, PEAK) for kind in kinds) > kinds.count(GENE)  # of genes: protein or RNA
    return None if products or _BIOTYPE_LABEL.fullmatch(label) else kinds


def _few(values: Sequence[str]) -> bool:
    return len(set(values)) <= _MOST_TYPES


def _type_of(value: str) -> str | None:
    return _TYPES.get(re.sub(r"[^a-z0-9]", "", value.lower()))


def _is_missing(value: str) -> bool:
    return value.strip().lower() in ("", "nan", "na", "none", "<na>", "unknown")


def _agreed(said: Sequence[str | None]) -> str | None:
    """Return the type that columns give a feature: that of no gene, where one does."""
    return next((kind for kind in said if kind not in (GENE, None)), GENE if GENE in said else None)


def _by_column(columns: Mapping[str, Sequence[str | None]], types: Sequence[str]) -> str:
    """Say which column told that features are no genes, unless it is the usual one."""
    label = next(label for label, said in columns.items() if any(kind not in (GENE, None) for kind in said))
    if label == "feature_types":
        return ""
    others = sorted({kind for kind in types if kind != GENE})
    number = sum(kind != GENE for kind in types)
    return (
        f"{number:,} of the {len(types):,} features are not gene expression but {', '.join(others)[:100]}, by the "
        f"column {label[:60]} of var."
    )


def _by_none(unheeded: Mapping[str, Sequence[str | None]], label: str) -> str:
    """Say which column was not followed."""
    other, kinds = next(iter(unheeded.items()))
    number = sum(kind != GENE for kind in kinds)
    return (
        f"{number:,} features are genes by {label[:60]} of var, and none by its {other[:60]}: {label[:60]} counts."
    )


def _by_name(names: Sequence[str]) -> dict[int, str]:
    found = {}
    for place, name in enumerate(names):
        if name.isalnum():
            continue
        if _CALLED_ANTIBODY.fullmatch(name):
            found[place] = ANTIBODY
        elif _CALLED_PEAK.fullmatch(name):
            found[place] = PEAK
    return found


def _texts(var: GeneTable) -> list[list[str]]:
    return [column.texts() for column in var.columns if column.is_text]
