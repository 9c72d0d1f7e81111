"""Which study trains and which judges, by name or by file."""

from pathlib import Path

import anndata
import pytest
from scipy.io import mmwrite
from scipy.sparse import csc_matrix, csr_matrix

from cellfill.bundle import read_bundle
from cellfill.errors import UsageError
from cellfill_training.cli import app
from cellfill_training.studies.roles import assign_roles, read_roles
from conftest import DATA

A, B = DATA / "pbmc3k_400.h5ad", DATA / "pbmc_donor_a_300.h5ad"


@pytest.mark.parametrize("said", ["pbmc_donor_a_300", str(B)])
def test_a_study_is_held_out_by_its_name_or_its_file(said):
    roles = assign_roles([A, B], [said, said])
    assert roles.training == (("pbmc3k_400", A),)
    assert roles.held_out == (("pbmc_donor_a_300", B),)


def test_another_file_is_held_out(tmp_path):
    other = tmp_path / "other.h5ad"
    other.touch()
    roles = assign_roles([A, B], [str(other)])
    assert [name for name, _ in roles.training] == ["pbmc3k_400", "pbmc_donor_a_300"]
    assert roles.held_out == (("other", other),)


def test_studies_of_one_name_are_told_apart_by_their_folders():
    data = [Path("a/x.h5ad"), Path("b/x.h5ad")]
    assert [name for name, _ in assign_roles(data, []).training] == ["a/x", "b/x"]
    assert assign_roles(data, ["b/x.h5ad"]).held_out == (("b/x", data[1]),)
    with pytest.raises(UsageError, match="2 studies have the name 'x'"):
        assign_roles(data, ["x"])


def test_samples_of_cell_ranger_are_called_by_the_folder_that_tells_them_apart(tmp_path):
    cells = anndata.read_h5ad(B)[:40]
    data = [tmp_path / sample / "outs" / "filtered_feature_bc_matrix" for sample in ("s1", "s2")]
    for folder in data:
        folder.mkdir(parents=True)
        mmwrite(folder / "matrix.mtx", csc_matrix(cells.X.T.astype(int)))
        (folder / "genes.tsv").write_text("".join(f"{name}\t{name}\n" for name in cells.var_names))
        (folder / "barcodes.tsv").write_text("".join(f"{name}\n" for name in cells.obs_names))
    training, held_out = read_roles(data, ["s2"])
    assert [study.name for study in training] == ["s1"]
    assert [study.name for study in held_out] == ["s2"]
    assert (training[0].counts != csr_matrix(cells.X)).nnz == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("s1/outs/filtered_feature_bc_matrix.h5", "s1"),
        ("s1/filtered_gene_bc_matrices/hg19", "s1"),
        ("s1/outs/raw_feature_bc_matrix", "s1"),
        ("s1/pbmc.h5ad", "pbmc"),
    ],
)
def test_a_sample_is_called_by_the_first_folder_that_has_a_name_of_its_own(path, name):
    assert [found for found, _ in assign_roles([Path(path)], []).training] == [name]


def test_what_cannot_be_held_out_is_refused():
    with pytest.raises(UsageError, match="no study 'pbmc9k' to hold out, and no such file; the studies are pbmc3k"):
        assign_roles([A, B], ["pbmc9k"])
    with pytest.raises(UsageError, match="none left to train on"):
        assign_roles([A], ["pbmc3k_400"])


@pytest.mark.parametrize("option", ["--hold-out-study", "--hold-out"])
def test_the_command_judges_on_the_study_held_out_and_goes_on_from_a_model(option, tiny, tmp_path):
    from typer.testing import CliRunner

    out = tmp_path / "model"
    call = ["fit", str(A), str(B), option, "pbmc_donor_a_300", "--out", str(out), "--from", str(tiny)]
    result = CliRunner().invoke(app, [*call, "--min-genes", "50", "--max-epochs", "1", "--balance", "sqrt"])
    assert result.exit_code == 0, result.output
    manifest = read_bundle(out).manifest
    assert [(s.name, s.role) for s in manifest.studies] == [
        ("pbmc3k_400", "training"),
        ("pbmc_donor_a_300", "held-out"),
    ]
    assert manifest.provenance["fine-tuned from"].startswith("tiny, ")
    assert manifest.architecture.options["balance"] == "sqrt"
    assert "On pbmc_donor_a_300 (300 cells), which trained nothing" in (out / "README.md").read_text()
