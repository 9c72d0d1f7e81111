"""Genes without a symbol stay apart, whatever stands for what is missing, and keep the name that they have."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.genes.table import GeneColumn, gene_table
from cellfill.readers import memory
from cellfill.readers.loom import open_loom
from cellfill.readers.tenx_mtx import _names, _table
from cellfill.writers.genes import features

IDS = [f"ENSG{number:011d}" for number in range(4)]


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, "nan", "<NA>", "NA", "None"])
def test_what_is_missing_is_no_name(missing):
    column = GeneColumn("symbol", ["CD3D", missing, missing, "LYZ"], is_text=True)
    assert column.texts() == ["CD3D", "", "", "LYZ"]


def test_a_gene_may_be_called_so():
    """The fruit fly has one: nanchung."""
    assert GeneColumn("symbol", ["ninaE", "nan", "NA"], is_text=True).texts() == ["ninaE", "nan", "NA"]


def test_a_10x_result_has_a_name_for_every_gene():
    var = pd.DataFrame({"gene_name": ["CD3D", None, None, "LYZ"]}, index=IDS)
    adata = anndata.AnnData(sparse.csr_matrix(np.ones((2, 4), np.float32)), var=var)
    rows = features(memory.dataset_of(adata))
    assert [(row[0], row[1]) for row in rows] == [*zip(IDS, ["CD3D", IDS[1], IDS[2], "LYZ"], strict=True)]
    assert gene_table(var).columns[0].texts() == ["CD3D", "", "", "LYZ"]


def named(index, **columns):
    var = pd.DataFrame(columns, index=index)
    rows = features(memory.dataset_of(anndata.AnnData(sparse.csr_matrix(np.ones((2, 4), np.float32)), var=var)))
    return [row[:2] for row in rows]


@pytest.mark.parametrize("label", ["hgnc_symbol", "external_gene_name", "gene_short_name", "Gene Symbol"])
def test_symbols_of_any_usual_name_are_those_of_a_10x_result(label):
    symbols = ["CD3D", "LYZ", "MS4A1", "NKG7"]
    assert named(IDS, gene_id=IDS, **{label: symbols}) == [*zip(IDS, symbols, strict=True)]
    assert named(symbols, gene_ids=IDS, **{label: IDS}) == [*zip(IDS, symbols, strict=True)]


def test_genes_that_are_numbered_have_the_names_beside_them():
    """As files of CELLxGENE Census have them."""
    symbols = ["CD3D", "LYZ", "MS4A1", "NKG7"]
    numbers = ["0", "1", "2", "3"]
    assert named(numbers, feature_id=IDS, feature_name=symbols) == [*zip(IDS, symbols, strict=True)]
    assert named(numbers, feature_id=IDS) == [*zip(IDS, IDS, strict=True)]
    assert named(symbols, feature_name=numbers) == [*zip(symbols, symbols, strict=True)]


def test_a_short_row_of_features_takes_nothing_from_the_others(tmp_path):
    path = tmp_path / "features.tsv"
    path.write_text(
        "".join(f"{id_}\tG{id_[-1]}\tGene Expression\n" for id_ in IDS)
        + "mCherry\nCD3_TotalSeqB\tCD3\tAntibody Capture\n"
    )
    columns = _table(path, 10)
    assert columns[2] == ["Gene Expression"] * 4 + ["", "Antibody Capture"]
    assert _names(columns, None) == ["G0", "G1", "G2", "G3", "mCherry", "CD3"]


def test_sparse_raw_of_a_backed_file_is_read(tmp_path):
    adata = anndata.AnnData(sparse.csr_matrix(np.arange(8, dtype=np.float32).reshape(2, 4)))
    adata.var_names = IDS
    adata.raw = adata.copy()
    adata.write_h5ad(tmp_path / "a.h5ad")
    backed = anndata.read_h5ad(tmp_path / "a.h5ad", backed="r")
    dataset = memory.dataset_of(backed)
    raw = next(matrix for matrix in dataset.matrices if matrix.name == "raw.X")
    assert raw.rows[0:2].toarray().tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_matrix_of_cells_in_loom_is_in_nobodys_way(tmp_path):
    with h5py.File(tmp_path / "a.loom", "w") as file:
        file["matrix"] = np.ones((4, 3), np.float32)
        file["row_attrs/Gene"] = np.array(IDS, dtype=object)
        file["col_attrs/CellID"] = np.array(["a", "b", "c"], dtype=object)
        file["col_attrs/X_pca"] = np.ones((3, 2), np.float32)
        file.create_group("layers")
    dataset = open_loom(tmp_path / "a.loom")
    assert dataset.obsm_names() == tuple(dataset.rest().obsm) == ("X_pca",)
