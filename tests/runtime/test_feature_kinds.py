"""Antibodies and other features that are no genes are never taken for RNA, whatever says what they are."""

import csv
import gzip

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.genes.feature_kinds import feature_kinds
from cellfill.genes.names import expression_columns
from cellfill.genes.table import gene_table
from cellfill.readers import open_dataset
from conftest import MODEL, ROOT
from runtime.one_dataset import write_10x_h5, write_10x_mtx, write_loom, write_zarr

PANEL = ["CD3E", "CD4", "CD8A", "CD14", "CD19", "MS4A1"]
LABELS = ["feature_types", "Feature.Type", "feature_type", "featureType", "feature_types_0", "feature_types-1"]
LABELS += ["Type", "type", "modality", "MODALITY", "assay", "kind of thing"]
WORDS = [
    ("Gene Expression", "Antibody Capture"),
    ("gene_expression", "antibody-capture"),
    ("Gene Expression", "Custom"),
    ("Gene Expression", "CRISPR Guide Capture"),
    ("Gene Expression", "Multiplexing Capture"),
    ("GEX", "Peaks"),
    ("RNA", "ADT"),
    ("rna", "HTO"),
    ("rna", "prot"),
    ("RNA", "protein"),
    ("rna", "atac"),
    ("Gene", "Antibody"),
]


def frame(label, values, names=("A", "B", "C")):
    return pd.DataFrame({"gene_ids": list(names), label: values}, index=list(names))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("make", [list, pd.Categorical, lambda v: pd.array(v, dtype="string")])
def test_any_column_of_types_tells(label, make):
    for gene, other in WORDS:
        assert expression_columns(frame(label, make([gene, other, gene]))) == [True, False, True], (gene, other)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"feature_types": ["Gene Expression"] * 3}, None),
        ({"feature_types": ["a", "b", "a"]}, None),
        ({"feature_types": ["Gene Expression", "my own", None]}, [True, False, False]),
        ({"feature_types": ["Antibody Capture"] * 3}, [False, False, False]),
        ({"modality": [None, "ADT", np.nan]}, [True, False, True]),
        ({"biotype": ["protein", "RNA", "protein"]}, None),
        ({"gene_type": ["protein_coding", "lncRNA", "TR_C_gene"]}, None),
        ({"type": ["gene", "pseudogene", "gene"]}, None),
        ({"chromosome": ["1", "2", "X"]}, None),
        ({"feature_types-0": ["RNA", None, None], "feature_types-1": [None, "ADT", "RNA"]}, [True, False, True]),
        ({"feature_types": ["Gene Expression"] * 3, "Type": ["RNA", "ADT", "RNA"]}, None),
        ({"feature_types": ["RNA", None, "RNA"], "Type": ["RNA", "ADT", "RNA"]}, [True, False, True]),
        (
            {"feature_types": ["RNA"] * 3, "Type": ["Gene Expression", "Custom", "Gene Expression"]},
            [True, False, True],
        ),
        ({"genome": ["custom"] * 3}, None),
        ({"feature_types": ["Gene Expression"] * 3, "genome": ["Custom"] * 3}, None),
        ({"feature_types": ["Gene Expression"] * 3, "role": ["gene", "perturbation", "gene"]}, None),
        ({"source": ["custom", "NA", None]}, None),
        ({"location": ["surface protein", None, None]}, None),
        ({"type": ["protein", "RNA", "protein"]}, None),
        ({"gene_type": ["protein"] * 3}, None),
    ],
)
def test_what_columns_say_together(columns, expected):
    assert expression_columns(pd.DataFrame(columns, index=["A", "B", "C"])) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("CD3_TotalSeqB", "CD45RA-TotalSeqC", "ADT-CD4", "adt_CD4", "HTO-1", "Hashtag_3", "CD4-ADT", "CD19_prot"),
        *("prot:CD4", "CD3:UCHT1|CD3E|AHS0231|pAbO", "anti-CD8", "Ab.CD4", "chr1:100-2000", "GRCh38_chrX-1-9"),
    ],
)
def test_names_that_no_gene_has_tell_where_no_column_does(name):
    kinds = feature_kinds(gene_table(pd.DataFrame(index=["CD3E", name, "ACTB"])))
    assert kinds.expression == [True, False, True]
    assert name[:60] in kinds.note
    assert kinds.types[1] in ("Antibody Capture", "Peaks")


def test_no_gene_of_a_model_is_taken_for_another_feature():
    for path in ROOT.glob("model_cards/*/genes.tsv"):
        with path.open() as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for names in (
            [r["symbol"] or r["ensembl_id"] for r in rows],
            [a for r in rows for a in r["aliases"].split("|")],
        ):
            assert expression_columns(pd.DataFrame(index=names)) is None


GENES, MORE = [f"GENE{i}" for i in range(200)], [f"LINC{i:05}" for i in range(200)]


@pytest.mark.parametrize(
    ("names", "antibodies"),
    [
        ([*GENES, "CD4", "CD8A", "CD14", *MORE, "CD4-1", "CD8A-1", "CD14-1"], ["CD4-1", "CD8A-1", "CD14-1"]),
        (
            ["CD4", "CD8A", "IgG1", "CD14", *GENES, "CD4.1", *MORE, "CD8A.1", "CD14.1"],
            ["CD4", "CD8A", "IgG1", "CD14"],
        ),
        ([*(f"ENSG{i:011}" for i in range(200)), "CD4", "CD8A", "CD14"], ["CD4", "CD8A", "CD14"]),
    ],
)
def test_panels_that_double_genes_are_no_genes(names, antibodies):
    found = expression_columns(pd.DataFrame(index=names))
    assert [name for name, gene in zip(names, found, strict=True) if not gene] == antibodies


@pytest.mark.parametrize(
    "doubled", [["TBCE", "MATR3", "PINX1", "GGT1"], ["CD99", "CD24"], ["CD99", "CD24", "CD177", *GENES[:10]]]
)
def test_genes_that_a_reference_doubles_stay_genes(doubled):
    assert expression_columns(pd.DataFrame(index=[*GENES, *doubled, *(f"{name}-1" for name in doubled)])) is None


def cite(example, label="Type", gene="Gene Expression", other="Antibody Capture"):
    """The example beside antibodies that are called as genes."""
    tags = np.random.default_rng(0).poisson(500, (example.n_obs, len(PANEL))).astype("float32")
    names = [*example.var_names, *(f"{name}-1" for name in PANEL)]
    var = pd.DataFrame({"gene_ids": [*example.var_names, *PANEL]}, index=names)
    if label:
        var[label] = [gene] * example.n_vars + [other] * len(PANEL)
    return anndata.AnnData(sparse.hstack([example.X, tags]).tocsr(), obs=example.obs, var=var)


def as_loom(adata, folder):
    path = write_loom(adata, folder)
    with h5py.File(path, "a") as file:
        file["row_attrs/Type"] = np.array(list(adata.var["Type"]), dtype="S")
    return path


def as_10x_h5(adata, folder):
    path = write_10x_h5(3)(adata, folder)
    with h5py.File(path, "a") as file:
        file["matrix/features/feature_type"][:] = np.array(list(adata.var["Type"]), dtype="S")
    return path


def as_mtx(adata, folder):
    path = write_10x_mtx(3)(adata, folder)
    rows = zip(adata.var["gene_ids"], adata.var_names, adata.var["Type"], strict=True)
    (path / "features.tsv.gz").write_bytes(gzip.compress("".join("\t".join(row) + "\n" for row in rows).encode()))
    return path


def as_h5ad(adata, folder):
    adata.write_h5ad(folder / "in.h5ad")
    return folder / "in.h5ad"


FORMS = {"h5ad": as_h5ad, "zarr": write_zarr(2), "loom": as_loom, "10x h5": as_10x_h5, "10x mtx": as_mtx}


@pytest.mark.parametrize("form", FORMS)
def test_every_format_tells_antibodies_from_genes(example, tmp_path, form):
    mixed = cite(example[:20, :500].copy())
    dataset = open_dataset(FORMS[form](mixed, tmp_path))
    assert expression_columns(dataset.var) == [True] * 500 + [False] * len(PANEL)
    dataset.close()


@pytest.mark.parametrize(("label", "other"), [("Type", "Antibody Capture"), ("modality", "prot"), ("", "")])
def test_values_are_those_without_the_antibodies(model, example, label, other):
    cells = example[:40].copy()
    plain = cells.copy()
    model.impute(plain, gate=False)
    mixed = cite(cells, label, other=other)
    model.impute(mixed, gate=False)
    expected, found = (a.layers["imputed"].toarray()[:, : cells.n_vars] for a in (plain, mixed))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert set(mixed.var["imputed_reason"].iloc[-len(PANEL) :]) == {"not gene expression"}
    assert f"{len(PANEL)} of the" in mixed.uns["cellfill"]["saw"]


def test_types_hold_for_raw_that_has_none(model, example):
    mixed = cite(example[:40].copy())
    mixed.raw = mixed.copy()
    mixed.raw.var.drop(columns="Type", inplace=True)
    mixed.var_names = mixed.raw.var_names
    mixed.X = np.log1p(mixed.X / 3.3)
    plain = example[:40].copy()
    model.impute(plain, gate=False)
    model.impute(mixed, gate=False)
    assert "raw.X" in mixed.uns["cellfill"]["counts"]
    found = mixed.layers["imputed"].toarray()[:, : example.n_vars]
    np.testing.assert_allclose(found, plain.layers["imputed"].toarray(), rtol=1e-4, atol=1e-5)


def test_every_command_and_the_training_go_by_the_same_rule(model, example, tmp_path):
    example = example[:40, :3000].copy()
    mixed = cite(example.copy())
    path = as_h5ad(mixed, tmp_path)
    coverage = model.align(path)
    assert coverage.not_filled["not gene expression"] == len(PANEL)
    assert coverage.columns_summed == model.align(example).columns_summed
    plain = model.check(example)
    assert model.check(path).evidence == plain.evidence
    training = pytest.importorskip("cellfill_training.studies.reading")  # absent where the runtime is tested alone
    assert training.read_study(path).counts.shape[1] == example.n_vars


def test_a_10x_folder_says_the_types_that_were_read(model, example, tmp_path):
    path = as_h5ad(cite(example[:40].copy(), "modality", "rna", "prot"), tmp_path)
    cellfill.impute_file(path, tmp_path / "out", model=MODEL)
    with gzip.open(tmp_path / "out" / "features.tsv.gz", "rt") as file:
        types = [line.rstrip("\n").split("\t")[2] for line in file]
    assert types == ["Gene Expression"] * example.n_vars + ["Antibody Capture"] * len(PANEL)
