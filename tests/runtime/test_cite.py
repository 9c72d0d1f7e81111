"""What a paper should say of a result is what its record says, and what the card of its model says."""

import json
import shutil
from types import SimpleNamespace

import anndata
import pytest
from typer.testing import CliRunner

import cellfill
from cellfill.calls.cited import methods
from cellfill.calls.citing import cite
from cellfill.cli import app
from cellfill.errors import DataError, DataNotFoundError, UsageError
from conftest import EXAMPLE, MODEL, ROOT
from runtime import bundles


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One imputation as a file of every form, and its report."""
    folder = tmp_path_factory.mktemp("made")
    report = cellfill.impute_file(EXAMPLE, folder / "a.h5ad", model=MODEL, genes=["CD3D", "MS4A1"])
    for name in ("a.csv", "a"):
        cellfill.impute_file(EXAMPLE, folder / name, model=MODEL, genes=["CD3D", "MS4A1"])
    return folder, report


@pytest.mark.parametrize("name", ["a.h5ad", "a.csv", "a.csv.cellfill.json", "a"])
def test_it_says_what_was_done_whatever_the_form(made, name, monkeypatch):
    folder, report = made
    monkeypatch.chdir(ROOT)  # where the model is found by its name
    (found,) = cite(folder / name)
    record, check = report.record, report.record["check"]
    assert (found.task, found.model, found.verdict) == ("impute", "human-pbmc", check["verdict"])
    assert f"cellfill {record['cellfill_version']}" in found.methods
    assert record["manifest_sha256"] in found.methods
    assert "trained on 10,692 cells of pbmc3k, pbmc4k," in found.methods
    assert f"2 of {record['genes']:,} genes were imputed in 300 cells" in found.methods
    assert "(estimate expected), and all other counts left as they were." in found.methods
    assert f"corrected on {record['calibration']['cells']} of these cells" in found.methods
    assert (
        f"the model fits them: it predicts {check['genes_better']:,} of {check['genes']:,} genes" in found.methods
    )
    assert any("DeepImpute" in line and "10.1186/s13059-019-1837-6" in line for line in found.references)
    assert any(line.startswith("kang_pbmc: Kang HM") for line in found.references)


def test_other_ways_to_impute_are_said(made, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = {"policy": "all", "drop_below": 0.05, "calibrate": False, "gate": False}
    cellfill.impute_file(EXAMPLE, tmp_path / "b.csv", model=MODEL, genes=["CD3D"], **options)
    (found,) = cite(tmp_path / "b.csv")
    assert "every entry was replaced by the mean count expected" in found.methods
    assert "less than 0.05 counts stayed zero" in found.methods
    assert "was not corrected on these cells. Whether the model fits these cells could not be told" in found.methods


@pytest.mark.parametrize(
    ("subnetworks", "told"), [((object(),), "the cell's other genes"), ((), "this one's count among them")]
)
def test_what_a_model_reads_is_said_as_it_is(made, subnetworks, told):
    """Sub-networks do not see the genes that they fill; DCA, scVI and the like see all."""
    shown = SimpleNamespace(
        manifest=SimpleNamespace(subnetworks=subnetworks, studies=(), tissue="", species="Homo sapiens")
    )
    assert told in methods(made[1].record, shown)


def test_every_result_of_a_file_is_cited(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    types = bundles.make(tmp_path / "types")
    cells = anndata.read_h5ad(EXAMPLE)
    cellfill.annotate(cells, model=types)
    cellfill.embed(cells, model=types)
    cells.write_h5ad(tmp_path / "both.h5ad")
    found = cite(tmp_path / "both.h5ad", model=types)
    assert {citation.task for citation in found} == {"annotate", "embed"}
    said = {citation.task: citation.methods for citation in found}
    record = next(r for name, r in cells.uns.items() if name.startswith("cellfill") and r["task"] == "annotate")
    left = sum(record["unassigned"].values())
    assert f"Of 300 cells {left:,} were left unassigned" in said["annotate"]
    assert "300 cells were placed with cellfill" in said["embed"]
    assert all("fit them" in text or "fits them" in text or "could not be told" in text for text in said.values())


def test_without_the_model_nothing_is_said_of_its_studies(made, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (found,) = cite(made[0] / "a.csv")
    assert found.references == ()
    assert "trained on" not in found.methods
    (found,) = cite(made[0] / "a.csv", model=MODEL)
    assert found.references
    with pytest.raises(UsageError, match="is not the model that made"):
        cite(made[0] / "a.csv", model=ROOT / "model_cards" / "human-pancreas")


def test_what_holds_no_result_is_refused(made, tmp_path):
    with pytest.raises(DataError, match="holds no result of cellfill"):
        cite(EXAMPLE)
    with pytest.raises(DataNotFoundError, match="there is no such file"):
        cite(tmp_path / "none.h5ad")
    shutil.copy(made[0] / "a.csv.cellfill.json", tmp_path / "cut.csv.cellfill.json")
    record = json.loads((tmp_path / "cut.csv.cellfill.json").read_text())
    del record["estimate"]
    (tmp_path / "cut.csv.cellfill.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="not whole"):
        cite(tmp_path / "cut.csv.cellfill.json")
    (tmp_path / "cut.csv.cellfill.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as the record"):
        cite(tmp_path / "cut.csv.cellfill.json")


def test_the_command_prints_a_paragraph_and_references(made, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["cite", str(made[0] / "a.csv")])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Dropouts were imputed with cellfill ")
    assert "\nReferences\n\n- pbmc3k: " in done.stdout
    done = CliRunner().invoke(app, ["cite", str(made[0] / "a.csv"), "--json"])
    assert json.loads(done.stdout)[0]["model"] == "human-pbmc"
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["cite", str(made[0] / "a.csv")])
    assert "References" not in done.stdout
    assert "name its folder with --model" in done.stderr
