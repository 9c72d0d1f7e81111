"""A bundle of three tasks goes the way of every other: pulled, checked, shown, locked, listed, removed."""

import hashlib
import json

import pytest

from cellfill.bundle import read_bundle
from hub.conftest import REPO
from runtime import bundles
from runtime.hostile import parts

NEW = ("classes.tsv", "profiles.tsv", "reference.tsv", "golden.json")


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("three") / "human-pbmc")


def listed(desk):
    (found,) = (model for model in desk.json("list") if model["repo"] == REPO)
    return found


def test_pulled_verified_shown_locked_listed_offline_and_removed(hub, desk, three, tmp_path):
    commit = hub.put(REPO, three)
    assert desk.run("pull", "human-pbmc").returncode == 0
    folder = desk.cache / "snapshots" / commit
    assert {path.name for path in folder.iterdir()} == {path.name for path in three.iterdir()}
    asked = len(hub.requests)
    found = desk.json("verify", "human-pbmc")
    assert found["sound"]
    assert "10 golden cells were run" in found["golden"]
    assert {file["name"] for file in found["files"]} == {path.name for path in three.iterdir()}
    assert listed(desk)["size"] == sum(path.stat().st_size for path in three.iterdir())
    shown = desk.run("show", "human-pbmc", "--offline").stdout
    assert "tasks         impute, annotate, embed\n" in shown
    assert "task annotate; left out" in shown
    raw = desk.json("show", "human-pbmc", "--offline")
    assert {k: v for k, v in raw.items() if k != "card"} == json.loads((three / "manifest.json").read_text())
    assert desk.run("lock", "human-pbmc", "-o", tmp_path / "cellfill.lock", "--offline").returncode == 0
    (locked,) = json.loads((tmp_path / "cellfill.lock").read_text())["models"]
    assert {name: file["sha256"] for name, file in locked["files"].items()} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in three.iterdir()
    }
    assert len(hub.requests) == asked
    assert desk.run("rm", "human-pbmc").returncode == 0
    assert not folder.exists()


@pytest.mark.parametrize("name", NEW)
def test_a_file_that_is_not_in_the_cache_is_fetched_again_and_offline_there_is_no_model(hub, desk, three, name):
    commit = hub.put(REPO, three)
    assert desk.run("pull", "human-pbmc").returncode == 0
    (desk.cache / "snapshots" / commit / name).unlink()
    assert listed(desk)["commit"] == ""
    assert desk.run("pull", "human-pbmc", "--offline").returncode == 7
    hub.requests.clear()
    assert desk.run("pull", "human-pbmc").returncode == 0
    assert not any("model.onnx" in request or "genes.tsv" in request for request in hub.requests)
    assert read_bundle(desk.cache / "snapshots" / commit).manifest.tasks == ("impute", "annotate", "embed")


@pytest.mark.parametrize("name", NEW)
def test_a_repository_that_lacks_a_file_of_the_manifest_is_no_model(hub, desk, three, tmp_path, name):
    files = {path.name: path.read_bytes() for path in three.iterdir() if path.name != name}
    hub.put(REPO, parts.write(tmp_path / "human-pbmc", files))
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert f"it has no {name}. A model has manifest.json, README.md" in done.stderr


def test_what_is_too_large_is_not_fetched(hub, desk, tmp_path):
    large = bundles.make(tmp_path / "human-pbmc", golden=b" " * (5 << 20))
    hub.put(REPO, large)
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "golden.json of lab/human-pbmc has 5,242,880 bytes, over the bound of 4,194,304: it was not fetched" in (
        done.stderr
    )


def test_golden_values_that_do_not_hold_are_exit_code_4_and_the_files_are_sound(desk, tmp_path):
    raw = json.loads(bundles.sound()["golden.json"])
    raw["outputs"][1]["values"][0][0] += 0.1
    bad = bundles.make(tmp_path / "bad", golden=json.dumps(raw).encode())
    done = desk.run("verify", bad)
    assert done.returncode == 4
    assert "golden.json does not hold: values of types differ by" in done.stderr
    assert "FAULT" not in done.stdout
    assert "no golden values, which came with format 2" in desk.run("verify", small_of(tmp_path)).stderr


def small_of(tmp_path):
    return parts.write(tmp_path / "old", parts.seal(parts.sound()))
