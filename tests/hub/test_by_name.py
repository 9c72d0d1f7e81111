"""A model by its bare name: in a folder that was named, in model_cards here, and only then on the Hub."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from cellfill.errors import LockError, ModelNotFoundError
from cellfill.hub.folders import VARIABLE
from cellfill.hub.reference import FolderReference, HubReference, parse_reference, way_round
from conftest import MODEL
from hub.conftest import REPO

NAMELESS = {"CELLFILL_ALIASES": ""}  # the index that ships alone


@pytest.fixture
def shelf(tmp_path, monkeypatch, small):
    """An empty current folder, and another folder that holds the model."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("CELLFILL_ALIASES", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    shutil.copytree(small, tmp_path / "shelf" / "human-pbmc")
    return tmp_path / "shelf"


def test_a_name_is_looked_for_in_the_folders_that_were_named_then_here_then_it_is_an_alias(shelf, monkeypatch):
    assert parse_reference("human-pbmc") == HubReference(
        repo="cellfill/human-pbmc", revision="main", alias="human-pbmc"
    )
    shutil.copytree(shelf / "human-pbmc", "model_cards/human-pbmc")
    here = Path("model_cards/human-pbmc")
    assert parse_reference("human-pbmc") == FolderReference(path=here, name="human-pbmc")
    monkeypatch.setenv(VARIABLE, os.pathsep.join(["/nowhere", "", str(shelf)]))
    assert parse_reference("human-pbmc") == FolderReference(path=shelf / "human-pbmc", name="human-pbmc")
    shutil.copytree(shelf / "human-pbmc", "human-pbmc")
    assert parse_reference("human-pbmc") == FolderReference(path=Path("human-pbmc"))  # as before


def test_what_was_named_in_full_or_with_a_revision_or_by_oneself_is_no_folder(shelf, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(shelf))
    shutil.copytree(shelf / "human-pbmc", shelf / "lab" / "human-pbmc")
    for name in ("human-pbmc@v1", "cellfill/human-pbmc", "lab/human-pbmc"):
        assert isinstance(parse_reference(name), HubReference)
    assert isinstance(parse_reference("human-pbmc", on_hub=True), HubReference)
    assert parse_reference(Path("human-pbmc")) == FolderReference(path=Path("human-pbmc"))
    (tmp_path / "own.json").write_text(json.dumps({"human-pbmc": "lab/pbmc"}))
    monkeypatch.setenv("CELLFILL_ALIASES", str(tmp_path / "own.json"))
    assert parse_reference("human-pbmc").repo == "lab/pbmc"


@pytest.mark.parametrize("name", ["..", ".", "../shelf", "a b", "x\0", "", "human-pbmc/", "HUMAN\u202e"])
def test_no_name_leads_out_of_the_folders(shelf, monkeypatch, name):
    from cellfill.hub.folders import find_named

    (shelf / "manifest.json").write_text("{}")
    monkeypatch.setenv(VARIABLE, str(shelf))
    found = find_named(name)
    assert found is None or found.resolve().parent == shelf


def test_a_folder_without_a_manifest_is_no_model(shelf, monkeypatch):
    (shelf / "human-lung-cell-lines").mkdir()
    monkeypatch.setenv(VARIABLE, str(shelf))
    assert isinstance(parse_reference("human-lung-cell-lines"), HubReference)
    with pytest.raises(ModelNotFoundError, match=f"nor one in {shelf} or model_cards"):
        parse_reference("nosuch")


def test_python_loads_it_by_its_name(shelf, monkeypatch):
    import cellfill

    monkeypatch.setenv(VARIABLE, str(shelf))
    assert cellfill.load("human-pbmc", offline=True).manifest.name == "human-pbmc"


def test_every_command_takes_it_and_says_which_folder_it_is(hub, desk, shelf, small):
    there = {VARIABLE: str(shelf), **NAMELESS}
    folder = str(shelf / "human-pbmc")
    for command in ("show", "verify"):
        done = desk.run(command, "human-pbmc", **there)
        assert (done.returncode, folder in done.stderr) == (0, True), done.stderr
    data = Path(__file__).parent.parent / "data" / "pbmc_donor_a_300.h5ad"
    done = desk.run("align", data, "--model", "human-pbmc", **there)
    assert (done.returncode, f"human-pbmc is the folder {folder}" in done.stderr) == (0, True), done.stderr
    listed = [m for m in desk.json("list", **there) if m["folder"]]
    assert [(m["aliases"], m["folder"], m["species"]) for m in listed] == [(["human-pbmc"], folder, "Homo sapiens")]
    text = desk.run("list", **there).stdout
    assert re.search(rf"^human-pbmc +{re.escape(folder)} ", text, flags=re.M)
    assert "not published yet" in text
    assert hub.requests == []


def test_rm_and_pull_mean_the_hub_and_leave_the_folder_alone(hub, desk, shelf):
    there = {VARIABLE: str(shelf), **NAMELESS}
    done = desk.run("rm", "human-pbmc", **there)
    assert done.returncode == 4
    assert f"{shelf / 'human-pbmc'} is a folder of yours, and is left alone" in done.stderr
    assert (shelf / "human-pbmc" / "model.onnx").exists()
    done = desk.run("pull", "human-pbmc", **there)
    assert done.returncode == 4
    where = shelf / "human-pbmc"
    assert f"human-pbmc is not published yet; you have {where}: name that folder instead" in done.stderr


@pytest.mark.parametrize("how", ["absent", "offline", "down"])
@pytest.mark.parametrize("name", ["human-pbmc", "human-pbmc@v1.0.0"])
def test_what_is_not_published_says_so_with_the_way_round(hub, desk, how, name):
    if how == "down":
        hub.close()
    more = {"HF_HUB_OFFLINE": "1"} if how == "offline" else {}
    done = desk.run("show", name, **NAMELESS, **more)
    assert done.returncode == (4 if how == "absent" else 7)
    assert "human-pbmc is not published yet" in done.stderr
    assert VARIABLE in done.stderr
    assert "--model" not in done.stderr  # show has no --model, and fit calls it --from
    assert done.stderr.count("\n") == 1
    other = desk.run("show", REPO, **NAMELESS, **more)
    assert "published" not in other.stderr


def test_a_mistyped_path_is_asked_about(shelf):
    assert way_round(parse_reference("models/my-dcaa")) == ""  # nothing here is called models
    Path("models/my-dca").mkdir(parents=True)
    assert way_round(parse_reference("models/my-dcaa")) == (
        " Did you mean a folder? models is one here, without my-dcaa: it has my-dca."
    )


def test_a_lock_holds_a_folder_by_its_hashes_and_finds_the_model_of_the_hub_where_it_is_another(
    hub, desk, shelf, small, changed, tmp_path
):
    there = {VARIABLE: str(shelf), **NAMELESS}
    done = desk.run("lock", "human-pbmc", "-o", tmp_path / "folder.lock", **there)
    assert done.returncode == 0, done.stderr
    hub.put(REPO, small)
    assert desk.run("lock", "human-pbmc", "-o", tmp_path / "hub.lock").returncode == 0  # by an alias of one's own
    data = Path(__file__).parent.parent / "data" / "pbmc_donor_a_300.h5ad"
    code = """
import json, cellfill
from cellfill.hub.lockfile import find_locked
place, _ = find_locked("human-pbmc", {lock!r})
print(json.dumps([str(place.folder), place.repo]))
"""
    for name in ("folder.lock", "hub.lock"):
        folder, repo = desk.python(code.format(lock=str(tmp_path / name)), **there)
        assert (folder, repo) == (str(shelf / "human-pbmc"), "")
    shutil.rmtree(shelf / "human-pbmc")
    shutil.copytree(changed, shelf / "human-pbmc")
    assert desk.python(code.format(lock=str(tmp_path / "hub.lock")), **there)[1] == REPO
    done = desk.run(
        "impute",
        data,
        "-o",
        tmp_path / "out.h5ad",
        "--lock",
        tmp_path / "folder.lock",
        "--model",
        "human-pbmc",
        **there,
    )
    assert done.returncode == LockError.exit_code
    assert "differ by SHA-256" in done.stderr


def test_recommend_ranks_what_lies_in_the_folders(shelf, monkeypatch):
    from cellfill.hub.reachable import reachable

    monkeypatch.setenv(VARIABLE, str(shelf))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = reachable(offline=True).models
    assert str(shelf / "human-pbmc") in found
    assert "human-pbmc" not in found


def test_the_models_of_this_repository_are_found_by_name_in_it(monkeypatch):
    monkeypatch.chdir(MODEL.parent.parent)
    monkeypatch.delenv("CELLFILL_ALIASES", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert parse_reference(MODEL.name) == FolderReference(path=Path("model_cards") / MODEL.name, name=MODEL.name)
