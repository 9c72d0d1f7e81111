"""A lock file: written once, and from then on the same model to the byte, or a refusal."""

import json
from pathlib import Path

import pytest

from conftest import EXAMPLE
from hub.conftest import REPO


@pytest.fixture
def locked(hub, desk, small, tmp_path):
    """A lock file of a model by its tag, and the commit."""
    commit = hub.put(REPO, small)
    hub.repos[REPO].tags["v1"] = commit
    path = tmp_path / "cellfill.lock"
    done = desk.run("lock", "human-pbmc@v1", "-o", path)
    assert done.returncode == 0, done.stderr
    return path, commit


def impute(desk, tmp_path, *arguments, name="out.h5ad"):
    return desk.run("impute", EXAMPLE, "-o", tmp_path / name, "--force", *arguments)


def test_it_holds_the_commit_and_every_hash(locked, small):
    import hashlib

    path, commit = locked
    (model,) = json.loads(path.read_text())["models"]
    assert (model["alias"], model["repo"], model["commit"], model["revision"]) == ("human-pbmc", REPO, commit, "v1")
    assert {name: file["sha256"] for name, file in model["files"].items()} == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in small.iterdir()
    }


def test_the_locked_commit_is_used_though_the_tag_moved(hub, desk, locked, changed, tmp_path):
    path, commit = locked
    hub.repos[REPO].tags["v1"] = hub.put(REPO, changed)
    hub.requests.clear()
    done = impute(desk, tmp_path, "--lock", path, "--model", "human-pbmc@v1", "--verbose")
    assert done.returncode == 0, done.stderr
    assert f"model         {REPO}@v1 (commit {commit})\n" in done.stderr
    assert hub.requests == []


def test_another_commit_or_model_is_refused(hub, desk, locked, changed, small, tmp_path):
    path, _ = locked
    new = hub.put(REPO, changed)
    for model, message in (
        (f"{REPO}@{new}", "not at"),
        ("lab/other", "does not lock lab/other"),
        (changed, "README.md, manifest.json differ by SHA-256"),
    ):
        done = impute(desk, tmp_path, "--lock", path, "--model", model)
        assert done.returncode == 4, done.stderr
        assert message in done.stderr
        assert not (tmp_path / "out.h5ad").exists()
    assert impute(desk, tmp_path, "--lock", path, "--model", small).returncode == 0  # a copy, to the byte


def test_another_revision_than_the_locked_one_is_refused_with_what_is_locked(hub, desk, locked, changed, tmp_path):
    path, commit = locked
    hub.repos[REPO].tags["v2"] = hub.put(REPO, changed)
    for model, revision in ((f"{REPO}@v2", "v2"), ("human-pbmc@v2", "v2"), (f"{REPO}@main", "main")):
        done = impute(desk, tmp_path, "--lock", path, "--model", model)
        assert done.returncode == 4, done.stderr
        assert f"locks {REPO} at v1 (commit {commit}), not at {revision}. Leave out @{revision}, or" in done.stderr
        assert not (tmp_path / "out.h5ad").exists()
    for model in (REPO, f"{REPO}@v1", f"human-pbmc@{commit}"):
        assert impute(desk, tmp_path, "--lock", path, "--model", model).returncode == 0


def test_a_hash_that_differs_is_refused(desk, locked, tmp_path):
    path, commit = locked
    content = json.loads(path.read_text())
    content["models"][0]["files"]["genes.tsv"]["sha256"] = "0" * 64
    path.write_text(json.dumps(content))
    done = impute(desk, tmp_path, "--lock", path)
    assert done.returncode == 4
    assert f"{REPO}@v1 (commit {commit}) is not the model that {path} locks: genes.tsv differ" in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"format": "cellfill-lock", "format_version": 2, "models": []}',
        '{"format": "cellfill-lock", "format_version": 1, "models": [], "more": 1}',
        '{"format": "cellfill-lock", "format_version": 1, "models": [{"alias": "", "repo": "../x", '
        '"commit": "main", "revision": "", "files": {}}]}',
    ],
)
def test_what_is_no_lock_file_is_refused(content, tmp_path):
    from cellfill.errors import LockError
    from cellfill.hub.lockfile import read_lock

    (tmp_path / "lock").write_text(content)
    with pytest.raises(LockError, match="no lock file that this cellfill reads"):
        read_lock(tmp_path / "lock")


def test_a_lock_file_is_not_replaced_by_mistake(desk, locked):
    path, _ = locked
    before = path.read_bytes()
    done = desk.run("lock", "human-pbmc", "-o", path)
    assert done.returncode == 6
    assert path.read_bytes() == before
    assert desk.run("lock", "human-pbmc", "human-pbmc", "-o", path, "--force").returncode == 2


@pytest.mark.parametrize(("name", "code"), [("-", 2), ("", 2), ("no/such/lock", 6)])
def test_a_lock_file_has_a_name_and_a_place(desk, small, name, code):
    done = desk.run("lock", small, "-o", name)
    assert done.returncode == code
    assert len(done.stderr.strip().splitlines()) == 1
    assert not Path("-").exists()
