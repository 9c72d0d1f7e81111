"""``verify`` says of a model what ``load`` would say: of every broken or hostile one, and of sound ones."""

import re
import shutil

import pytest

import cellfill
from cellfill.errors import CellfillError
from cellfill.hub import verify
from conftest import MODEL
from hub.conftest import REPO
from runtime.hostile import parts
from runtime.hostile.folders import FOLDERS
from runtime.hostile.graphs import GRAPHS


def said_by_load(folder):
    try:
        cellfill.load(folder)
    except CellfillError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("case", FOLDERS)
def test_of_a_broken_folder_it_says_what_load_says(case, tmp_path):
    folder = FOLDERS[case][0](tmp_path / "model")
    found = verify(folder)
    assert found.fault == said_by_load(folder) != ""
    assert not found.sound
    assert re.search(FOLDERS[case][1], found.fault)


@pytest.mark.parametrize("case", list(GRAPHS)[::6])
def test_of_a_graph_that_is_refused_it_says_so_though_every_hash_is_right(case, tmp_path):
    files = parts.seal(parts.sound() | {"model.onnx": GRAPHS[case][0]()})
    folder = parts.write(tmp_path / "model", files)
    found = verify(folder)
    assert found.fault == said_by_load(folder) != ""
    assert not any(file.fault for file in found.files)


def test_of_a_sound_folder_and_of_one_that_is_a_link_itself_nothing(tmp_path):
    (tmp_path / "link").symlink_to(MODEL)
    for folder in (MODEL, tmp_path / "link"):
        assert verify(folder).sound
        assert said_by_load(folder) == ""
        assert [file.size for file in verify(folder).files] == [
            (MODEL / file.name).stat().st_size for file in verify(folder).files
        ]


def test_a_folder_of_links_is_refused_by_both_and_the_cache_s_own_links_by_none(hub, desk, small, tmp_path):
    (tmp_path / "links").mkdir()
    for path in small.iterdir():
        (tmp_path / "links" / path.name).symlink_to(path)
    assert verify(tmp_path / "links").fault == said_by_load(tmp_path / "links")
    done = desk.run("verify", tmp_path / "links")
    assert done.returncode == 4
    assert "a link that leads out of the model's folder" in done.stderr
    assert done.stdout.startswith("FAULT manifest.json")

    folder = desk.cache / "snapshots" / hub.put(REPO, small)
    desk.run("pull", "human-pbmc")
    assert (folder / "model.onnx").is_symlink()
    assert desk.json("verify", "human-pbmc")["sound"]
    assert verify(folder).sound
    assert said_by_load(folder) == ""


def test_a_manifest_that_is_changed_in_the_cache_is_refused_wherever_it_is_read_from(hub, desk, small):
    folder = desk.cache / "snapshots" / hub.put(REPO, small)
    desk.run("pull", "human-pbmc")
    text = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(text.replace(b"Homo sapiens", b"Mus musculus"))
    assert "is not the file that the Hub names" in verify(folder).fault
    assert verify(folder).fault == said_by_load(folder)


@pytest.mark.parametrize("command", ["verify", "rm"])
def test_of_a_model_that_is_not_in_the_cache_that_is_said_and_how_to_have_it(hub, desk, small, command):
    for asked, before in (("human-pbmc", ""), ("human-pbmc@v9", hub.put(REPO, small))):
        if before:
            desk.run("pull", "human-pbmc")
        done = desk.run(command, asked)
        if command == "rm":
            assert done.returncode == 4
            assert " is not in the Hub's cache: there is nothing to remove." in done.stderr
            assert "cellfill pull" not in done.stderr
        else:
            assert done.returncode == 7
            assert " is not in the cache. " in done.stderr
            assert "cellfill pull human-pbmc@" in done.stderr
        assert "--offline" not in done.stderr
        assert (f"Here are {REPO}@{before}." in done.stderr) is bool(before)


def test_a_file_that_was_changed_is_shown_with_its_size(small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "model")
    with (folder / "genes.tsv").open("ab") as file:
        file.write(b"x")
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()
    sizes = {file.name: (file.size, bool(file.fault)) for file in verify(folder).files}
    assert sizes["genes.tsv"] == ((folder / "genes.tsv").stat().st_size, True)
    assert sizes["model.onnx"] == (0, True)
