"""Pulling in real processes from a Hub on loopback: what is asked, what is kept, what is said."""

import json

import anndata
import pytest

from cellfill.hub.check import check_files
from conftest import EXAMPLE
from hub.conftest import REPO
from hub.loopback import TOKEN
from hub.state import File
from runtime.hostile import parts
from runtime.hostile.graphs import GRAPHS


def test_a_model_by_its_alias_comes_whole_and_says_its_commit(hub, desk, small):
    commit = hub.put(REPO, small)
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"{REPO}@main (commit {commit})\n"
    folder = desk.cache / "snapshots" / commit
    assert done.stdout == f"{folder}\n"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {p.name: p.read_bytes() for p in small.iterdir()}
    wanted = [r.rsplit("/", 1)[1] for r in hub.asked("HEAD /lab")]
    assert wanted == ["manifest.json", "README.md", "genes.tsv", "model.onnx"]  # nothing that it does not name


def test_a_commit_that_is_cached_makes_no_request_and_a_branch_one(hub, desk, small):
    commit = hub.put(REPO, small)
    desk.run("pull", "human-pbmc")
    hub.requests.clear()
    pinned = desk.json("pull", f"{REPO}@{commit}")
    assert pinned["commit"] == commit
    assert hub.requests == []
    desk.run("pull", "human-pbmc")
    assert hub.requests == [f"GET /api/models/{REPO}/revision/main"]


@pytest.mark.parametrize(("flag", "variable"), [(["--offline"], {}), ([], {"HF_HUB_OFFLINE": "1"})])
def test_offline_asks_nothing_and_still_has_the_tag(hub, desk, small, flag, variable):
    commit = hub.put(REPO, small)
    hub.repos[REPO].tags["v1"] = commit
    assert desk.run("pull", f"{REPO}@v1").returncode == 0
    hub.requests.clear()
    assert desk.json("pull", f"{REPO}@v1", *flag, **variable)["commit"] == commit
    other = desk.run("pull", f"{REPO}@v2", *flag, **variable)
    assert other.returncode == 7
    assert f"{REPO}@v2 is not in the cache" in other.stderr
    assert f"Here are {REPO}@{commit}" in other.stderr
    assert hub.requests == []


def test_where_the_hub_does_not_answer_what_is_here_is_used(hub, desk, small):
    commit = hub.put(REPO, small)
    desk.run("pull", "human-pbmc")
    hub.close()
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 0
    assert f"(commit {commit}). The Hub cannot be reached" in done.stderr
    other = desk.run("pull", "lab/other")
    assert other.returncode == 7
    assert other.stderr.startswith("Error: The Hub cannot be reached for lab/other@main: ")


def test_a_tag_that_moved_is_said_and_the_pinned_commit_stays_what_it_was(hub, desk, small, changed):
    old = hub.put(REPO, small)
    hub.repos[REPO].tags["v1"] = old
    desk.run("pull", f"{REPO}@v1")
    new = hub.put(REPO, changed)
    hub.repos[REPO].tags["v1"] = new
    moved = desk.run("pull", f"{REPO}@v1")
    assert f"(commit {new}). v1 of {REPO} has moved: it named {old[:12]} when it was pulled" in moved.stderr
    hub.close()
    assert desk.json("pull", f"{REPO}@{old}")["commit"] == old
    listed = {m["commit"]: m["revisions"] for m in desk.json("list") if m["commit"]}
    assert listed == {old: [], new: ["v1"]}


def test_a_private_model_needs_the_token_and_a_public_one_does_not(hub, desk, small):
    hub.put(REPO, small, private=True)
    refused = desk.run("pull", "human-pbmc")
    assert refused.returncode == 4
    assert "it is private or gated" in refused.stderr
    assert desk.run("pull", "human-pbmc", token="hf_wrong").returncode == 7
    assert desk.run("pull", "human-pbmc", token=TOKEN).returncode == 0


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("lab/nosuch", "The Hub has no lab/nosuch@main"),
        (f"{REPO}@v9", "no such tag, branch or commit"),
        ("lab/other", "no cellfill model at commit"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(hub, desk, small, model, message):
    hub.put(REPO, small)
    hub.repos["lab/other"] = type(hub.repos[REPO])()
    done = desk.run("pull", model)
    assert done.returncode == 4
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_is_not_pulled(desk, small):
    done = desk.run("pull", small)
    assert done.returncode == 2
    assert "there is nothing to pull" in done.stderr


def test_a_bundle_whose_author_broke_it_is_refused_before_the_graph_is_fetched(hub, desk, small):
    hub.put(REPO, small)
    repo = hub.repos[REPO]
    graph = repo.files["model.onnx"].content
    repo.add({**repo.files, "model.onnx": File(graph[:-1] + b"x", lfs=True)})
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "is not the file that its manifest names" in done.stderr
    assert not hub.asked("model.onnx")


def test_a_hostile_graph_under_the_right_hash_is_refused_by_pull_already(hub, desk, tmp_path):
    files = parts.seal(parts.sound() | {"model.onnx": GRAPHS["a loop"][0]()})
    commit = hub.put(REPO, parts.write(tmp_path / "model", files))
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "model.onnx is refused" in done.stderr
    assert "'Loop'" in done.stderr
    assert desk.run("pull", f"{REPO}@{commit}", "--offline").returncode == 4


@pytest.mark.parametrize("name", ["../../../escaped", "/etc/hosts", "other.bin"])
def test_a_manifest_that_names_other_files_fetches_none_of_them(hub, desk, small, name):
    hub.put(REPO, small)
    repo = hub.repos[REPO]
    manifest = json.loads(repo.files["manifest.json"].content)
    manifest["files"][name] = manifest["files"].pop("README.md")
    repo.add({**repo.files, "manifest.json": File(json.dumps(manifest).encode())})
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "names the files" in done.stderr
    assert all(request.endswith("manifest.json") for request in hub.asked("/resolve/"))


def test_a_manifest_that_is_too_large_is_not_fetched(hub, desk, small):
    hub.put(REPO, small)
    repo = hub.repos[REPO]
    repo.add({**repo.files, "manifest.json": File(b" " * (5 << 20))})
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "over the bound" in done.stderr
    assert not hub.asked("/resolve/")


@pytest.mark.parametrize("name", ["manifest.json", "README.md", "genes.tsv", "model.onnx"])
def test_a_file_that_was_damaged_in_the_cache_is_found_and_fetched_again(hub, desk, small, name):
    commit = hub.put(REPO, small)
    desk.run("pull", "human-pbmc")
    path = desk.cache / "snapshots" / commit / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    offline = desk.run("pull", f"{REPO}@{commit}", "--offline")
    assert offline.returncode == 4
    assert f"is damaged in the cache: {name} " in offline.stderr
    assert not path.exists()
    assert desk.run("pull", f"{REPO}@{commit}").returncode == 0
    assert path.read_bytes() == content
    assert not [check for check in check_files(path.parent) if check.fault]


def test_every_call_of_the_library_takes_a_name_and_the_result_says_the_commit(hub, desk, small, tmp_path):
    commit = hub.put(REPO, small)
    code = f"""
import anndata, cellfill, json
adata = anndata.read_h5ad({str(EXAMPLE)!r})[:20].copy()
cellfill.impute(adata, model="human-pbmc")
model = cellfill.load("{REPO}@{commit}", offline=True)
coverage = model.align(adata)
report = cellfill.impute_file({str(EXAMPLE)!r}, {str(tmp_path / "out.h5ad")!r}, model="human-pbmc", offline=True)
record = adata.uns["cellfill"]
said = [record["repo"], record["commit"], record["revision"], report.record["commit"], model.origin.commit]
print(json.dumps([*said, coverage.model]))
"""
    assert desk.python(code) == [REPO, commit, "main", commit, commit, "human-pbmc"]
    assert anndata.read_h5ad(tmp_path / "out.h5ad").uns["cellfill"]["commit"] == commit
    again = desk.run("align", EXAMPLE, "--model", "human-pbmc", "--offline", "--verbose")
    assert again.returncode == 0, again.stderr
    assert again.stderr == f"model {REPO}@main (commit {commit})\n"
    assert "of what the model reads" in again.stdout
    assert desk.run("doctor", "--model", "human-pbmc", "--offline").returncode == 0
