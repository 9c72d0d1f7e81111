"""genes.tsv: read and written again it is the same; malformed, it is refused."""

import dataclasses
import re

import numpy as np
import pytest

from cellfill.bundle import Gene, GeneIndex, format_genes, parse_genes
from cellfill.bundle.gene_index import COLUMNS
from cellfill.errors import BundleError
from conftest import MODEL, ROOT

TEXT = (MODEL / "genes.tsv").read_bytes()


def gene(**changes):
    values = {
        "ensembl_id": "ENSG00000000001",
        "symbol": "ONE",
        "is_input": True,
        "is_target": True,
        "subnetwork": 0,
        "predicts": (0,),
        "mean": 0.5,
        "neutral": 0.25,
    }
    return Gene(**(values | changes))


OTHER = gene(ensembl_id="ENSG00000000002", symbol="TWO", predicts=(1,))


def test_reading_and_writing_gives_the_same_bytes():
    assert format_genes(parse_genes(TEXT)) == TEXT


def test_inputs_and_targets_are_the_rows_with_that_role():
    index = GeneIndex(
        [
            gene(),
            dataclasses.replace(OTHER, is_target=False, subnetwork=-1),
            gene(ensembl_id="", symbol="THREE", is_input=False, predicts=()),
        ]
    )
    assert index.inputs.tolist() == [0, 1]
    assert index.targets.tolist() == [0, 2]
    assert parse_genes(format_genes(index)) == index


def test_an_absent_number_is_nan_and_an_absent_field():
    row = format_genes(GeneIndex([gene(), OTHER])).decode().split("\n")[1].split("\t")
    assert row[-4:] == ["", "", "", ""]
    assert np.isnan(parse_genes(format_genes(GeneIndex([gene(), OTHER]))).column("mse")).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([gene(), gene(symbol="TWO")], "ensembl_id 'ENSG00000000001' occurs twice"),
        ([gene(), gene(ensembl_id="")], "symbol 'ONE' occurs twice"),
        ([gene(ensembl_id="", symbol="")], "neither an Ensembl id nor a symbol"),
        ([gene(mean=-1.0)], "at least 0"),
        ([gene(neutral=float("nan"))], "at least 0"),
        ([gene(inverse_dispersion=0.0)], "must be positive"),
        ([gene(worth=-0.1)], "worth of 'ONE' is negative"),
        ([OTHER, gene(worth=0.5, is_input=False, predicts=())], "or it is not an input"),
        ([OTHER, gene(is_target=False)], "do not go with its role"),
        ([gene(predicts=(-2,))], "do not go with its role"),
        ([gene(is_input=False), OTHER], "predicts a sub-network but is not an input"),
        ([gene(is_input=False, predicts=())], "at least one input"),
        ([], "at least one input"),
    ],
)
def test_genes_that_make_no_sense_are_refused(rows, message):
    with pytest.raises(BundleError, match=message):
        GeneIndex(rows)


FIRST = TEXT.split(b"\n")[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "must begin with the columns"),
        (b"gene\tmean\n", "must begin with the columns"),
        (TEXT[:-1], "does not end in a newline"),
        (TEXT.replace(FIRST, FIRST + b"\textra"), f"line 2: {len(COLUMNS) + 1} fields"),
        (TEXT.replace(FIRST, re.sub(rb"\t(both|target)\t", b"\tboss\t", FIRST)), "line 2: role 'boss'"),
        (TEXT.replace(FIRST, FIRST.replace(b"ENSG", b"EN SG")), "is not a gene name"),
        (TEXT + b"\n", f"fields, {len(COLUMNS)} expected"),
        (b"\xff" + TEXT, "not UTF-8"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(text, message):
    with pytest.raises(BundleError, match=message):
        parse_genes(text)


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", "one"])
def test_a_number_that_is_none_is_refused(number):
    row = TEXT.decode().split("\n")[1].split("\t")
    row[6] = number
    with pytest.raises(BundleError, match="line 2"):
        parse_genes(TEXT.replace(FIRST, "\t".join(row).encode()))


def test_the_worth_of_the_inputs_of_the_shipped_model_is_one():
    genes = parse_genes(TEXT)
    worth = genes.column("worth")
    assert np.nansum(worth) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(worth[genes.inputs]).all()
    assert np.isnan(worth[[not g.is_input for g in genes]]).all()


def test_the_page_on_the_format_names_every_column():
    page = (ROOT / "docs" / "bundle.md").read_text()
    assert [column for column in COLUMNS if f"`{column}`" not in page] == []
