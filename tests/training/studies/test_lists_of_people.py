"""Lists, tables and labels as people and spreadsheets write them."""

import anndata
import numpy as np
import pandas as pd
import pytest

from cellfill.errors import DataError
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.donors import read_labels
from cellfill_training.studies.gene_table import GeneTable, read_gene_list
from cellfill_training.studies.markers import read_markers
from cellfill_training.studies.reading import read_study
from cellfill_training.studies.roles import read_roles
from cellfill_training.workflow.imputation.lost_targets import lost_targets


def write(path, *, labels, names=("CD3D", "CD4", "LYZ")):
    adata = anndata.AnnData(np.ones((len(labels), len(names)), np.float32))
    adata.var_names, adata.obs["donor"] = list(names), labels
    path.parent.mkdir(exist_ok=True)
    adata.write_h5ad(path)
    return path


def test_a_list_of_genes_may_come_from_a_spreadsheet(tmp_path):
    path = tmp_path / "genes.csv"
    path.write_text("CD3D,CD4\nLYZ\n", encoding="utf-8-sig")
    assert read_gene_list(path) == ["CD3D", "CD4", "LYZ"]
    path.write_text("CD3D", encoding="utf-16")
    with pytest.raises(DataError, match="is no text in UTF-8"):
        read_gene_list(path)


def test_genes_that_will_not_be_filled_are_named(tmp_path):
    cohort = harmonise([read_study(write(tmp_path / "a.h5ad", labels=["x", "y"]))], GeneTable())
    symbols = [gene.symbol or gene.ensembl_id for gene in cohort.genes]
    (text,) = lost_targets([symbols[0], "CD3d2", symbols[2]], cohort, targets=2)
    assert text.startswith("2 of 3 genes of --targets will not be")
    assert f"CD3d2, {symbols[2]}. They" in text
    assert lost_targets(symbols[:2], cohort, targets=2) == []


def test_blanks_around_the_bars_of_a_table_of_markers_are_of_no_gene(tmp_path):
    path = tmp_path / "markers.tsv"
    path.write_text("type\tneeds\tlacks\nT\tCD3D | CD3E |\t\nB\t \tCD3D\n")
    found = read_markers(path)
    assert found.needs == {"T": ("CD3D", "CD3E")}
    assert found.lacks == {"B": ("CD3D",)}


def test_a_label_that_is_missing_is_none_in_every_kind_of_column(tmp_path):
    for values in (pd.array([1, None], dtype="Int64"), pd.array(["1", None], dtype="string"), ["1", None]):
        path = write(tmp_path / "a.h5ad", labels=values)
        assert read_labels(path, "donor").tolist() == ["1", ""]


def test_a_donor_is_held_out_by_the_name_that_is_printed(tmp_path):
    data = [write(tmp_path / folder / "x.h5ad", labels=["1", "2"]) for folder in "ab"]
    training, held = read_roles(data, ["a/x/1"], by="donor")
    assert [study.name for study in held] == ["a/x/1"]
    assert [study.name for study in training] == ["a/x/2", "b/x/1", "b/x/2"]


def test_genes_without_a_symbol_are_not_one_gene(tmp_path):
    ids = [f"ENSG{number:011d}" for number in range(1, 7)]
    adata = anndata.AnnData(np.diag(np.arange(1, 7)).astype(np.float32))
    adata.var_names, adata.var["gene_name"] = ids, ["CD3D", *[None] * 4, "LYZ"]
    adata.write_h5ad(tmp_path / "a.h5ad")
    cohort = harmonise([read_study(tmp_path / "a.h5ad")], GeneTable())
    assert sorted(gene.ensembl_id for gene in cohort.genes) == ids
    assert {gene.symbol for gene in cohort.genes} & {"nan", "None", "<NA>"} == set()


def test_whole_numbers_with_gaps_are_written_as_those_without(tmp_path):
    path = write(tmp_path / "a.h5ad", labels=[1.0, np.nan])
    assert read_labels(path, "donor").tolist() == ["1", ""]
    path = write(tmp_path / "a.h5ad", labels=[1.5, 2.0])
    assert read_labels(path, "donor").tolist() == ["1.5", "2"]


def test_gaps_that_became_text_are_gaps(tmp_path):
    path = write(tmp_path / "a.h5ad", labels=np.array(["T", np.nan], dtype=object).astype(str))
    assert read_labels(path, "donor").tolist() == ["T", ""]
