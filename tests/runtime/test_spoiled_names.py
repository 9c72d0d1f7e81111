"""Names that R, a spreadsheet or a program changed find their gene where they can be one only; else none."""

import dataclasses

import numpy as np
import pytest

import cellfill
from cellfill.bundle import GeneIndex
from cellfill.errors import CellfillError, GeneMatchError
from cellfill.genes.align import align, match
from cellfill.genes.names import parts
from cellfill.genes.species import see_species
from conftest import MODEL, ROOT
from runtime.test_align import make

SYMBOLS = ["SEPTIN7", "SEPT2", "SEPT6", "MARCHF1", "MARCH3", "SELENOF", "DELEC1", "BHLHE41", "BHLHE40", "7SK"]
ALIASES = {"SEPT6": ("SEPT9",), "BHLHE40": ("DEC1",), "BHLHE41": ("DEC2",), "7SK": ("4-1BB",)}
HUMAN = GeneIndex(
    [
        dataclasses.replace(make(n), ensembl_id="", symbol=symbol, aliases=ALIASES.get(symbol, ()))
        for n, symbol in enumerate(SYMBOLS)
    ]
)


def gene_of(name, genes=HUMAN):
    row = match(genes, [[name, "OTHER"]]).gene_of_column[0]
    return genes[int(row)].symbol if row >= 0 else None


@pytest.mark.parametrize(
    "form",
    ["7-Sep", "07-Sep", "7.Sep", "07. Sep", "Sep-07", "sep-7", "7-Sep-21", "07-sept", "X7.Sep", "2021-09-07"],
)
def test_every_form_of_a_date_is_the_septin_that_it_was(form):
    assert gene_of(form) == "SEPTIN7"


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("2-Sep", "SEPT2"),
        ("3-Mar", "MARCH3"),
        ("03. Mrz", "MARCH3"),
        ("3-mars", "MARCH3"),
        ("2021-03-03 00:00:00", "MARCH3"),
        ("15-Sep", "SELENOF"),
        ("1-Dec", "DELEC1"),
        ("2-Dec", "BHLHE41"),
        ("01-Dez", "DELEC1"),
        ("X7SK", "7SK"),
        ("X4.1BB", "7SK"),
    ],
)
def test_what_can_be_one_gene_only_is_that_gene(name, symbol):
    assert gene_of(name) == symbol


@pytest.mark.parametrize(
    "name",
    [
        "1-Mar",  # MARCH1 or MARC1
        "2-Mar",
        "9-Sep",  # SEPT9 is no symbol of this model, and another's alias
        "2007-09-01",  # of 2007, or Sep-07
        "12-Mar",
        "15-Mar",
        "31-Sep",
        "7-May",
        "9/7/2021",
        "44446",
        "X7",
        "Xist",
        "x7SK",
    ],
)
def test_what_may_be_two_genes_or_none_is_none(name):
    assert gene_of(name) is None


def test_one_december_is_no_other_gene_whose_alias_it_is():
    without = GeneIndex([gene for gene in HUMAN if gene.symbol != "DELEC1"])
    assert gene_of("1-Dec", without) is None


def test_names_of_r_find_every_gene_of_a_mouse():
    genes = cellfill.load(ROOT / "model_cards" / "mouse-pancreas-e15").genes
    symbols = [gene.symbol for gene in genes if gene.symbol]
    of_r = [("X" + name if name[0].isdigit() else name).replace("-", ".") for name in symbols]
    assert sum(name.startswith("X") for name in of_r) > 20
    plain, found = (match(genes, [names]).gene_of_column for names in (symbols, of_r))
    np.testing.assert_array_equal(found, plain)


def test_dates_are_said(model, example):
    example = example[:20].copy()
    example.var_names = ["7-Sep" if name == "SEPT7" else name for name in example.var_names]
    model.impute(example, gate=False, calibrate=False)
    assert "1 names of genes are dates (7-Sep)" in example.uns["cellfill"]["saw"]


AFFIXES = [("", "-1"), ("", ".1"), ("", "_hg19"), ("hg19-", ""), ("hs:", ""), ("gene_", "-2"), ("RNA|", "")]


@pytest.mark.parametrize(("before", "after"), AFFIXES)
def test_what_every_name_has_is_taken_off(before, after):
    genes = GeneIndex([make(number) for number in range(40)])
    names = [f"GENE{n}" for n in range(30)] + [f"LINC{n:05}" for n in range(30)]
    found = match(genes, [[f"{before}{name}{after}" for name in names]])
    np.testing.assert_array_equal(found.gene_of_column, match(genes, [names]).gene_of_column)


def test_what_names_of_genes_end_in_is_not_taken_off():
    genes = GeneIndex([dataclasses.replace(make(n), ensembl_id="", symbol=f"MT-ND{n}") for n in range(40)])
    names = [f"MT-ND{n}" for n in range(30)]
    assert match(genes, [names]).gene_of_column.tolist() == list(range(30))


@pytest.mark.parametrize(
    ("before", "after", "said"), [("", "-1", r"removesuffix\('-1'\)"), ("hs.", "", r"removeprefix\('hs\.'\)")]
)
def test_what_most_names_have_is_said(before, after, said):
    genes = GeneIndex([make(number) for number in range(40)])
    names = [f"{before}GENE{n}{after}" for n in range(30)] + ["GENE39", "ERCC5"]
    with pytest.raises(GeneMatchError, match=said):
        align(genes, [names], min_coverage=0.1)


def test_a_suffix_of_all_genes_changes_no_value(model, example):
    plain, named = example[:20].copy(), example[:20].copy()
    named.var_names = [f"{name}-1" for name in named.var_names]
    for cells in (plain, named):
        model.impute(cells, gate=False)
    np.testing.assert_array_equal(named.layers["imputed"].toarray(), plain.layers["imputed"].toarray())


@pytest.mark.parametrize("name", ["Gene000", "Gene1", "Gene_7", "Feature12", "Locus3", "Abc5", "Marker-4"])
def test_made_up_names_are_of_no_species(name):
    stem = name.rstrip("0123456789")
    assert see_species([[f"{stem}{n:03}" for n in range(200)]]).species == frozenset()


def test_made_up_names_are_not_refused_as_another_species(example):
    example.var_names = [f"Gene{n:04}" for n in range(example.n_vars)]
    with pytest.raises(CellfillError, match="Ensembl ids or gene symbols") as raised:
        cellfill.impute(example, model=MODEL)
    assert "Mus musculus" not in str(raised.value)


@pytest.mark.parametrize("name", ["GRCh38_" * 1500 + "CD3D", "_" * 200_000, "ENSG00000167286" + "_" * 200_000])
def test_a_name_that_is_made_to_take_long_is_no_gene(name):
    assert parts(name) == (name,)
