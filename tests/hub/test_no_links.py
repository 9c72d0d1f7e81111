"""A cache where no symbolic links can be made (Windows, some network drives): huggingface_hub keeps copies."""

import json
import shutil

import anndata
import pytest
from huggingface_hub import constants

from conftest import EXAMPLE
from hub.conftest import REPO
from hub.sound import assert_sound

NO_LINKS = {"HF_HUB_DISABLE_SYMLINKS": "1"}

pytestmark = pytest.mark.skipif(
    not hasattr(constants, "HF_HUB_DISABLE_SYMLINKS"), reason="this huggingface_hub cannot be told to make no links"
)


def run(desk, *arguments, code=0, **environment):
    done = desk.run(*arguments, **NO_LINKS, **environment)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def pulled(hub, desk, small):
    """A commit that was pulled without a link, and its folder."""
    commit = hub.put(REPO, small)
    hub.repos[REPO].tags["v1"] = commit
    run(desk, "pull", "human-pbmc@v1")
    folder = desk.cache / "snapshots" / commit
    assert not any(path.is_symlink() for path in desk.cache.rglob("*"))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {p.name: p.read_bytes() for p in small.iterdir()}
    return commit, folder


def test_a_model_is_pulled_listed_verified_locked_and_used_offline(hub, desk, pulled, tmp_path):
    commit, _ = pulled
    hub.requests.clear()
    (listed,) = [m for m in json.loads(run(desk, "list", "--json").stdout) if m["commit"]]
    assert (listed["commit"], listed["revisions"], listed["remark"]) == (commit, ["v1"], "")
    assert json.loads(run(desk, "verify", "human-pbmc@v1", "--json").stdout)["sound"]
    lock = tmp_path / "cellfill.lock"
    run(desk, "lock", f"{REPO}@{commit}", "-o", lock)
    run(desk, "impute", EXAMPLE, "-o", tmp_path / "out.h5ad", "--lock", lock, "--offline")
    assert anndata.read_h5ad(tmp_path / "out.h5ad").uns["cellfill"]["commit"] == commit
    assert hub.requests == []
    assert assert_sound(desk.cache) == [commit]


@pytest.mark.parametrize("name", ["README.md", "genes.tsv", "model.onnx"])
def test_a_file_that_was_damaged_is_found_and_fetched_again(desk, pulled, name):
    commit, folder = pulled
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert f"FAULT {name}" in run(desk, "verify", "human-pbmc@v1", code=4).stdout
    assert f"is damaged in the cache: {name} " in run(desk, "pull", "human-pbmc@v1", "--offline", code=4).stderr
    run(desk, "pull", f"{REPO}@{commit}")
    assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("asked", ["human-pbmc@v1", "commit"])
@pytest.mark.parametrize("size", [0, 100])
def test_a_manifest_that_was_cut_is_fetched_again(desk, pulled, size, asked):
    commit, folder = pulled
    content = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(content[:size])
    name = f"{REPO}@{commit}" if asked == "commit" else asked
    assert "is not valid JSON" in run(desk, "pull", name, "--offline", code=4).stderr
    assert (folder / "manifest.json").stat().st_size == size
    run(desk, "pull", name)
    assert (folder / "manifest.json").read_bytes() == content


def test_a_manifest_that_is_broken_on_the_hub_is_one_error(hub, desk, small, tmp_path):
    broken = shutil.copytree(small, tmp_path / "broken")
    (broken / "manifest.json").write_text("{")
    commit = hub.put(REPO, broken)
    # As a cellfill that reads it would have left them.
    shutil.copytree(broken, desk.cache / "snapshots" / commit)
    hub.requests.clear()
    assert "is not valid JSON" in run(desk, "pull", f"{REPO}@{commit}", code=4).stderr
    assert len(hub.asked("GET /lab/human-pbmc/resolve/")) == 1


def test_a_manifest_has_no_name_to_check_it_by_there_and_a_lock_file_does_it(desk, pulled, tmp_path):
    _, folder = pulled
    lock = tmp_path / "cellfill.lock"
    run(desk, "lock", "human-pbmc@v1", "-o", lock)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace("Homo sapiens", "Mus musculus"))
    run(desk, "verify", "human-pbmc@v1")
    done = run(desk, "impute", EXAMPLE, "-o", tmp_path / "out.h5ad", "--lock", lock, code=4)
    assert "manifest.json differ by SHA-256" in done.stderr


def test_rm_takes_one_commit_and_leaves_the_other_whole(hub, desk, pulled, changed):
    old, _ = pulled
    new = hub.put(REPO, changed)
    run(desk, "pull", f"{REPO}@{new}")
    assert json.loads(run(desk, "rm", f"{REPO}@{old}", "--json").stdout)["freed"] > 0
    assert not (desk.cache / "snapshots" / old).exists()
    assert json.loads(run(desk, "verify", f"{REPO}@{new}", "--json").stdout)["sound"]
    run(desk, "rm", REPO)
    assert not desk.cache.exists()


def test_a_cache_of_links_is_used_where_none_can_be_made_any_more(hub, desk, small, changed):
    old = hub.put(REPO, small)
    assert desk.run("pull", "human-pbmc").returncode == 0
    new = hub.put(REPO, changed)
    run(desk, "pull", "human-pbmc")
    snapshots = desk.cache / "snapshots"
    assert (snapshots / old / "model.onnx").is_symlink()
    assert not (snapshots / new / "model.onnx").is_symlink()
    assert assert_sound(desk.cache) == sorted([old, new])
