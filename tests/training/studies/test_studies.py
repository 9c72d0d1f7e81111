"""Studies with different gene names come onto one index; what was not measured stays unknown."""

import gzip

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import CountsError, DataError, DataNotFoundError
from cellfill_training import GeneTable, Study, read_gene_table, read_study
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneName
from cellfill_training.studies.study import filter_cells, remarks
from conftest import DATA

TABLE = GeneTable(
    [
        [("ENSG00000000001", "ONE"), ("ENSG00000000002", "TWO")],
        [("ENSG00000000001", "UNO"), ("ENSG00000000009", "TWO"), ("ENSG00000000003", "THREE")],
    ]
)


def study(name, counts, *names):
    return Study(name=name, counts=sparse.csr_matrix(np.float32(counts)), gene_names=names)


def test_the_first_table_names_a_gene_and_the_others_add_aliases():
    one, two = TABLE.find(["UNO"]), TABLE.find(["ENSG00000000009.4"])
    assert one == GeneName("ENSG00000000001", "ONE")
    assert two == GeneName("ENSG00000000002", "TWO")
    assert TABLE.aliases(one) == ("UNO",)
    assert TABLE.aliases(two) == ("ENSG00000000009",)
    assert TABLE.find(["THREE"]) == GeneName("ENSG00000000003", "THREE")
    assert TABLE.find(["FOUR"]) is None


NCBI = """\
symbol\tensembl_ids\taliases\ttype\tentrez_id
ONE\tENSG00000000001\tUno|SHARED|TWO|an old one|h_1\tprotein-coding\t1
FOUR\t\tSHARED|QUATTRO|THREE\tncRNA\t4
TWO\tENSG00000000002|ENSG00000000077\tDUE|FOUR\tprotein-coding\t2
FIVE\tENSG00000000088|-\tCINQ\tprotein-coding\t6
SIX\tENSG00000000088|-\tSEIS\tprotein-coding\t7
A-REGION\t\tQUATTRO|NOWHERE\tbiological-region\t5
"""


@pytest.fixture(params=["genes.tsv", "genes.tsv.gz"])
def ncbi(tmp_path, request):
    path = tmp_path / request.param
    text = b"\xef\xbb\xbf" + NCBI.encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def test_a_table_of_ncbi_adds_aliases_that_stand_for_one_gene(tmp_path, ncbi):
    first = tmp_path / "first.csv"
    first.write_text("ENSG00000000001,ONE\nENSG00000000002,TWO\nENSG00000000003,THREE\n")
    table = read_gene_table([first, ncbi])
    one, two, three, four = (table.find([name]) for name in ("ONE", "TWO", "THREE", "FOUR"))
    assert table.aliases(one) == ("Uno",)  # the others are of two genes, a gene's symbol, or no plain word
    assert table.aliases(two) == ("ENSG00000000077", "DUE")
    assert table.aliases(three) == ()
    assert four == GeneName("", "FOUR")
    assert table.aliases(four) == ("QUATTRO",)
    assert table.find(["SHARED"]) is table.find(["A-REGION"]) is table.find(["NOWHERE"]) is None
    assert table.find(["ENSG00000000088"]) is table.find(["-"]) is None  # of two genes, and of none
    assert table.find(["CINQ"]) == GeneName("", "FIVE")
    assert table.find(["SEIS"]) == GeneName("", "SIX")
    assert table.find(["Uno"]) == one
    assert table.find(["ENSG00000000077.2"]) == two


def test_a_table_that_was_cut_says_so(tmp_path, ncbi):
    cut = tmp_path / f"cut{ncbi.suffix}"
    cut.write_bytes(ncbi.read_bytes()[:-20])
    if ncbi.suffix == ".gz":
        with pytest.raises(DataError, match="cannot be read as a gene table"):
            read_gene_table([cut])
    short = tmp_path / "short.tsv"
    short.write_text("symbol\tensembl_ids\taliases\ttype\nONE\tENSG00000000001\n")
    with pytest.raises(DataError, match="line 2: 2 fields, at least 4 expected"):
        read_gene_table([short])


def test_studies_with_other_names_for_a_gene_share_it():
    cohort = harmonise(
        [
            study("a", [[1, 2, 3]], ("ONE", "TWO", "mine")),
            study("b", [[4, 5], [6, 7]], ("ENSG00000000009.1", "UNO")),
        ],
        TABLE,
    )
    symbols = [gene.symbol for gene in cohort.genes]
    assert symbols == ["ONE", "TWO", "mine"]
    assert cohort.counts.toarray().tolist() == [[1, 2, 3], [5, 4, 0], [7, 6, 0]]
    assert cohort.study.tolist() == [0, 1, 1]
    assert cohort.measured.tolist() == [[True, True, True], [True, True, False]]


def test_a_study_with_ids_and_symbols_serves_as_a_table_for_the_others():
    cohort = harmonise(
        [
            study("a", [[1, 2]], ("X", "Y"), ("ENSG00000000007", "ENSG00000000008")),
            study("b", [[3]], ("Y",)),
            study("c", [[4]], ("ENSG00000000007.2",)),
        ],
        GeneTable(),
    )
    assert [gene.symbol for gene in cohort.genes] == ["X", "Y"]
    assert cohort.counts.toarray().tolist() == [[1, 2], [0, 3], [4, 0]]


def test_columns_of_one_gene_are_summed_and_unusable_names_are_left_out():
    cohort = harmonise([study("a", [[1, 2, 4]], ("ONE", "ENSG00000000001", "two words"))], TABLE)
    assert cohort.counts.toarray().tolist() == [[3]]


def test_cells_with_few_genes_are_left_out():
    kept = filter_cells(study("a", [[1, 1], [0, 9]], ("ONE", "TWO")), min_genes=2)
    assert kept.counts.toarray().tolist() == [[1, 1]]
    with pytest.raises(DataError, match="No cell of a has 3 genes"):
        filter_cells(kept, min_genes=3)


def test_a_study_is_read_with_its_names_and_source():
    found = read_study(DATA / "pbmc3k_400.h5ad")
    assert found.name == "pbmc3k_400"
    assert found.counts.shape == (400, 900)
    assert len(found.gene_names) == 2
    assert "10x Genomics" in found.source


def test_a_source_of_several_parts_is_told_as_text(tmp_path, example):
    some = example[:40].copy()
    some.uns["source"] = {"lab": "ours\nby hand", "year": 2020, "of": {"kind": "gut"}}
    some.write_h5ad(tmp_path / "cells.h5ad")
    parts = set(read_study(tmp_path / "cells.h5ad").source.split("; "))
    assert parts == {"lab: ours by hand", "year: 2020", "of: kind: gut"}


def test_what_cannot_be_read_says_so(tmp_path, example):
    with pytest.raises(DataNotFoundError):
        read_study(tmp_path / "absent.h5ad")
    with pytest.raises(DataError, match="no layer 'x'"):
        read_study(DATA / "pbmc3k_400.h5ad", layer="x")
    example.X = example.X.toarray() - 0.5
    example.write_h5ad(tmp_path / "scaled.h5ad")
    with pytest.raises(CountsError, match=r"scaled.h5ad: X holds negative values"):
        read_study(tmp_path / "scaled.h5ad")


def test_counts_are_found_as_they_are_to_impute(tmp_path, example):
    counts = example.X.toarray()
    example.layers["counts"] = example.X.copy()
    example.X = example.X.log1p() * 1.7
    example.write_h5ad(tmp_path / "layer.h5ad")
    found = read_study(tmp_path / "layer.h5ad")
    np.testing.assert_array_equal(found.counts.toarray(), counts)
    assert "layers['counts'] holds counts" in found.saw
    del example.layers["counts"]
    example.X = sparse.csr_matrix(counts)
    example.raw = example.copy()
    few = example[:, :100].copy()
    few.X = few.X.log1p() * 1.7
    few.write_h5ad(tmp_path / "raw.h5ad")
    assert read_study(tmp_path / "raw.h5ad", layer="raw").counts.shape == counts.shape  # with all its genes
    np.testing.assert_array_equal(read_study(tmp_path / "raw.h5ad").counts.toarray(), counts)
    assert read_study(tmp_path / "raw.h5ad").take(np.arange(3)).saw == read_study(tmp_path / "raw.h5ad").saw


def test_where_counts_were_is_said_once_and_not_of_counts_in_x():
    studies = [
        Study(name=name, counts=None, gene_names=(), saw=saw)
        for name, saw in (("a", ""), ("b", "raw"), ("c", "raw"))
    ]
    assert remarks(studies) == ["b, c: raw"]
    assert read_study(DATA / "pbmc3k_400.h5ad").saw == ""


def test_what_of_a_file_is_left_out_is_said(tmp_path, example):
    some = example[:40, :200].copy()
    some.var["feature_types"] = ["Antibody Capture"] * 3 + ["Gene Expression"] * 197
    some.var_names = [*some.var_names[:-2], "a b\tc", "d\ne"]
    some.write_h5ad(tmp_path / "cells.h5ad")
    found = read_study(tmp_path / "cells.h5ad")
    detected = np.diff(found.counts.indptr)
    least = int(np.median(detected))
    lost = int((detected < least).sum())
    assert remarks([filter_cells(found, min_genes=least)]) == [
        "cells: 3 of 200 columns are no genes (antibodies, say): left out",
        "cells: 2 columns have no name that can stand for a gene: left out",
        f"cells: {lost} of 40 cells have fewer than {least} genes: left out",
    ]


def test_counts_that_are_not_whole_train_nothing(tmp_path, example):
    example.X = example.X.toarray() - np.float32(0.03) * (example.X.toarray() > 0)
    example.write_h5ad(tmp_path / "soup.h5ad")
    with pytest.raises(CountsError, match="trained on whole counts"):
        read_study(tmp_path / "soup.h5ad")


@pytest.mark.parametrize(
    ("name", "text"), [("t.csv", "ENSG00000000001,ONE\n"), ("t.tsv", "ENSG00000000001.3\tONE\n")]
)
def test_tables_are_read_from_files(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_gene_table([tmp_path / name]).find(["ONE"]) == GeneName("ENSG00000000001", "ONE")


def test_a_table_that_is_none_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("ENSG00000000001,ONE\nhello\n")
    with pytest.raises(DataError, match=r"t.csv, line 2"):
        read_gene_table([tmp_path / "t.csv"])
    with pytest.raises(DataNotFoundError):
        read_gene_table([tmp_path / "absent.csv"])
