"""Genes of a dataset and genes of a model: by id, by symbol, by alias; unknown where there is none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill.align import (
    BLIND,
    DUPLICATE,
    IMPUTED,
    NOT_A_GENE,
    NOT_IN_MODEL,
    PREDICTOR_ONLY,
    align,
    expression_columns,
    name_columns,
    strip_version,
)
from cellfill.bundle import Gene, GeneIndex
from cellfill.errors import GeneMatchError


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


def test_antibody_and_guide_counts_are_no_genes():
    kinds = ["Gene Expression", "Antibody Capture", "Gene Expression"]
    expression = expression_columns(pd.DataFrame({"feature_types": kinds}))
    assert expression == [True, False, True]
    assert expression_columns(pd.DataFrame({"other": kinds})) is None
    alignment = align(GENES, [["GENE0", "GENE1", "GENE1"]], expression=expression)
    assert alignment.gene_of_column.tolist() == [0, -1, 1]
    assert alignment.reasons == (IMPUTED, NOT_A_GENE, IMPUTED)


def test_names_need_not_be_text():
    assert name_columns(np.array([1, 2]), pd.DataFrame(index=[1, 2])) == [["1", "2"]]
