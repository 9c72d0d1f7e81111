"""Genes of a dataset and genes of a model: by id, by symbol, by alias; unknown where there is none."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill.bundle import Gene, GeneIndex
from cellfill.errors import GeneMatchError, SpeciesError
from cellfill.genes.align import Elsewhere, align
from cellfill.genes.alignment import BLIND, DUPLICATE, IMPUTED, NOT_A_GENE, NOT_IN_MODEL, PREDICTOR_ONLY
from cellfill.genes.names import expression_columns, name_columns, strip_version


def make(number, *, target=True, aliases=(), predicts=(0,), network=0):
    return Gene(
        ensembl_id=f"ENSG{number:011d}",
        symbol=f"GENE{number}",
        aliases=aliases,
        is_input=bool(predicts),
        is_target=target,
        subnetwork=network if target else -1,
        predicts=predicts,
        mean=1.0,
        neutral=0.5,
    )


GENES = GeneIndex([make(0), make(1, aliases=("OLD1", "BOTH")), make(2, aliases=("BOTH",)), make(3, target=False)])


def rows(names, *others):
    return align(GENES, [names, *others]).gene_of_column.tolist()


def test_ids_symbols_and_aliases_find_their_gene():
    assert rows(["ENSG00000000000", "GENE2", "OLD1", "nothing"]) == [0, 2, 1, -1]


def test_the_version_of_an_id_is_ignored():
    assert strip_version("ENSG00000000001.14") == "ENSG00000000001"
    assert strip_version("ENSMUSG00000000001.3") == "ENSMUSG00000000001"
    assert strip_version("RP11-34P13.7") == "RP11-34P13.7"
    assert rows(["ENSG00000000001.14", "ENSG00000000002.1_PAR_Y", "GENE0"]) == [1, -1, 0]


@pytest.mark.parametrize(
    "name",
    [
        "gene1",
        "ENSG00000000001.14_GENE1",
        "GENE1_ENSG00000000001",
        "GENE1|ENSG00000000001.2",
        "ENSG00000000999_GENE1",
        "GRCh38_GENE1",
        "GRCh38______ENSG00000000001",
        "old1",
    ],
)
def test_other_spellings_find_their_gene(name):
    assert rows([name, "GENE0"]) == [1, 0]


@pytest.mark.parametrize("name", ["Gene1", "GENE1x", "mm10_Gene1", "GENE", "both", "ENSG00000000001.1_PAR_Y"])
def test_what_only_resembles_a_gene_is_none(name):
    assert rows([name, "GENE0"]) == [-1, 0]


def named(*symbols):
    return GeneIndex([dataclasses.replace(make(n), ensembl_id="", symbol=s) for n, s in enumerate(symbols)])


def test_dashes_that_became_dots_are_found_where_that_is_one_gene():
    genes = named("HLA-A", "MT-CO1", "NKX2-1", "X-1", "X.1", "LYZ")
    found = align(genes, [["HLA.A", "MT_CO1", "nkx2.1", "X_1", "LYZ"]]).gene_of_column
    assert found.tolist() == [0, 1, 2, -1, 5]


def test_a_mouse_model_reads_mouse_symbols_in_any_case():
    genes = named("Cd3d", "Lyz2", "H2-K1", "mt-Nd1")
    found = align(genes, [["CD3D", "lyz2", "H2.K1", "mt-Nd1"]], species="Mus musculus").gene_of_column
    assert found.tolist() == [0, 1, 2, 3]


def test_an_exact_name_outranks_one_in_another_spelling():
    alignment = align(named("CD3D", "LYZ"), [["cd3d", "CD3D", "LYZ"]])
    assert alignment.gene_of_column.tolist() == [-1, 0, 1]
    assert alignment.reasons == (NOT_IN_MODEL, IMPUTED, IMPUTED)


def test_a_suffix_that_made_a_name_unique_is_taken_off_where_the_name_is_there_too():
    genes = named("CD3D", "NKX2-1", "LYZ")
    assert align(genes, [["CD3D", "CD3D-1", "CD3D.2", "NKX2-1", "LYZ-1"]]).gene_of_column.tolist() == [
        *(0, 0, 0),
        1,
        -1,
    ]
    ids = [["LYZ", "LYZ-1"], ["ENSG00000000100", "ENSG00000000101"]]
    assert align(genes, ids).gene_of_column.tolist() == [2, -1]  # the ids say that it is another gene


def test_an_alias_of_two_genes_matches_neither():
    assert rows(["BOTH", "GENE0", "GENE1"]) == [-1, 0, 1]


def test_an_id_in_another_column_outranks_the_symbol():
    assert rows(["GENE0", "GENE1"], ["ENSG00000000002", "?"]) == [2, 1]


def test_a_symbol_outranks_an_alias_in_another_column_of_the_data():
    alignment = align(GENES, [["OLD1", "GENE1", "GENE0"]])
    assert alignment.gene_of_column.tolist() == [-1, 1, 0]
    assert alignment.reasons == (NOT_IN_MODEL, IMPUTED, IMPUTED)


def test_columns_of_one_gene_are_summed_as_predictors_and_not_imputed():
    alignment = align(GENES, [["GENE1", "GENE1", "GENE0"]])
    assert alignment.gene_of_column.tolist() == [1, 1, 0]
    assert alignment.reasons == (DUPLICATE, DUPLICATE, IMPUTED)
    assert alignment.inputs_found == 2


def test_a_dataset_of_genes_in_two_columns_each_is_refused_by_that_cause():
    with pytest.raises(GeneMatchError, match=r"none that it can fill: 2 that it could .* \(GENE1, .*make_unique"):
        align(GENES, [["GENE1", "GENE1-1", "GENE0", "GENE0", "x"]])
    with pytest.raises(GeneMatchError, match="Check that the species"):
        align(GENES, [["GENE3", "GENE3"]])  # not filled in one column either


def test_every_column_says_whether_it_is_imputed_or_why_not():
    alignment = align(GENES, [["GENE3", "x", "GENE0"]])
    assert alignment.reasons == (PREDICTOR_ONLY, NOT_IN_MODEL, IMPUTED)
    assert alignment.target_columns.tolist() == [2]
    assert (alignment.inputs_found, alignment.inputs_needed) == (2, 4)
    assert (alignment.targets_found, alignment.targets_known) == (1, 3)


def test_a_gene_whose_predictors_are_missing_is_left_alone():
    genes = GeneIndex(
        [make(0, network=0, predicts=(1,)), make(1, network=1, predicts=(0,))]
        + [make(n, target=False, predicts=(0,)) for n in range(2, 5)]
        + [make(n, target=False, predicts=(1,)) for n in range(5, 20)]
    )
    names = [f"GENE{n}" for n in range(5)]  # all predictors of network 0, and one of the 16 of network 1
    alignment = align(genes, [names])
    assert alignment.reasons[:2] == (IMPUTED, BLIND)


def test_of_another_species_nothing_is_taken():
    mouse = [["Cd3d", "Lyz2", "Cd14", "GENE0", "Ms4a1"]]
    assert align(GENES, mouse).gene_of_column.tolist() == [-1, -1, -1, 0, -1]
    with pytest.raises(SpeciesError, match=r"is for Homo sapiens; .* look like Cd3d, Lyz2, Cd14: Mus musculus or"):
        align(GENES, mouse, species="Homo sapiens")


def test_the_coverage_that_is_asked_for_decides():
    assert align(GENES, [["GENE0"]]).coverage == pytest.approx(0.25)
    with pytest.raises(
        GeneMatchError, match=r"a coverage of 0\.250, and the model needs 0\.300 .*--min-coverage 0.25"
    ):
        align(GENES, [["GENE0"]], min_coverage=0.3)


@pytest.mark.parametrize("names", [["Gm1", "Gm2"], ["WBGene00000010"] * 3, ["GENE3"], [""]])
def test_too_few_shared_genes_are_refused_and_both_kinds_of_name_are_shown(names):
    with pytest.raises(GeneMatchError, match=r"look like .*; the model's like GENE0/ENSG00000000000"):
        align(GENES, [names])


@given(st.permutations(["ENSG00000000000", "GENE2", "OLD1", "GENE3", "nothing", "neither"]))
def test_the_order_of_the_columns_does_not_matter(names):
    alignment = align(GENES, [names])
    found = dict(zip(names, zip(alignment.gene_of_column.tolist(), alignment.reasons, strict=True), strict=True))
    assert found == {
        "ENSG00000000000": (0, IMPUTED),
        "GENE2": (2, IMPUTED),
        "OLD1": (1, IMPUTED),
        "GENE3": (3, PREDICTOR_ONLY),
        "nothing": (-1, NOT_IN_MODEL),
        "neither": (-1, NOT_IN_MODEL),
    }
    for row, column in enumerate(alignment.column_of_gene.tolist()):
        assert column == -1 or alignment.gene_of_column[column] == row


def test_columns_of_var_with_ids_or_symbols_are_found():
    var = pd.DataFrame(
        {
            "gene_ids": ["ENSG00000000000", "ENSG00000000001.2"],
            "Symbol": ["GENE0", "GENE1"],
            "chromosome": ["1", "2"],
            "length": [100, 200],
        }
    )
    names = name_columns(["a", "b"], var)
    assert names == [["a", "b"], ["ENSG00000000000", "ENSG00000000001.2"], ["GENE0", "GENE1"]]


@pytest.mark.parametrize(
    "label",
    ["sym", "SYMBOL", "external_gene_name", "gene_short_name", "hgnc_symbol", "mgi_symbol", "Gene", "Gene.Symbol"],
)
def test_columns_of_symbols_are_found_by_the_names_that_tools_give_them(label):
    var = pd.DataFrame({label: ["GENE0", "GENE1"], "biotype": ["coding", "coding"]}, index=["1", "2"])
    assert name_columns(var.index, var) == [["1", "2"], ["GENE0", "GENE1"]]


@pytest.mark.parametrize("names", [["a", "b", "c"], ["GENE0", "b", "c"]])
def test_the_columns_of_var_are_named_where_the_genes_are_not_found(names):
    elsewhere = Elsewhere(columns=("mine", "n_cells"))
    with pytest.raises(GeneMatchError, match=r"--gene-column: mine, n_cells\)"):
        align(GENES, [names], min_coverage=0.9, elsewhere=elsewhere)


def test_cells_that_are_called_as_genes_are_told_to_be_transposed():
    genes = GeneIndex([make(number) for number in range(40)])
    barcodes = [f"AAACCTGAGAAACC{n:02}-1" for n in range(30)]
    cells = [f"GENE{number}" for number in range(20)] + [f"LINC{n:05}" for n in range(200)]
    elsewhere = Elsewhere(cells=lambda: cells)
    with pytest.raises(GeneMatchError, match=r"names look like genes \(GENE0, GENE1, GENE2\): .*adata\.T"):
        align(genes, [barcodes], elsewhere=elsewhere)
    with pytest.raises(GeneMatchError, match=r"Check the names"):
        align(genes, [["GENE0", *barcodes]], min_coverage=0.5, elsewhere=Elsewhere(cells=lambda: barcodes))


def test_antibody_and_guide_counts_are_no_genes():
    kinds = ["Gene Expression", "Antibody Capture", "Gene Expression"]
    expression = expression_columns(pd.DataFrame({"feature_types": kinds}))
    assert expression == [True, False, True]
    assert expression_columns(pd.DataFrame({"other": ["a", "b", "a"]})) is None
    alignment = align(GENES, [["GENE0", "GENE1", "GENE1"]], expression=expression)
    assert alignment.gene_of_column.tolist() == [0, -1, 1]
    assert alignment.reasons == (IMPUTED, NOT_A_GENE, IMPUTED)


def test_names_need_not_be_text():
    assert name_columns(np.array([1, 2]), pd.DataFrame(index=[1, 2])) == [["1", "2"]]
