"""A model's whole life, each step a process: published, found, pulled by tag, used, locked, used offline."""

import json
import subprocess
import sys

import anndata

from conftest import EXAMPLE, ROOT
from hub.conftest import REPO
from hub.loopback import TOKEN


def test_publish_search_pull_impute_lock_and_again_without_a_hub(hub, desk, small, tmp_path):
    publish = [sys.executable, str(ROOT / "hub_upload.py"), str(small), "--repo", REPO, "--tag", "v1.0.0"]
    done = subprocess.run(publish, capture_output=True, text=True, check=False, env=desk.environment(token=TOKEN))
    assert done.returncode == 0, done.stderr
    commit = done.stdout.strip()

    found = desk.run_alone("search", "pbmc", "--species", "human", "--json")
    assert [model["repo"] for model in json.loads(found.stdout)] == [REPO]

    name = f"{json.loads(found.stdout)[0]['aliases'][0]}@v1.0.0"
    pulled = desk.run_alone("pull", name)
    assert pulled.stderr == f"{REPO}@v1.0.0 (commit {commit})\n"

    first = desk.run_alone("impute", EXAMPLE, "--model", name, "-o", tmp_path / "one.h5ad", "--verbose")
    assert first.returncode == 0, first.stderr
    assert f"(commit {commit})" in first.stderr

    assert desk.run_alone("lock", name, "-o", tmp_path / "cellfill.lock").returncode == 0
    hub.close()
    asked = len(hub.requests)
    again = desk.run_alone(
        "impute", EXAMPLE, "--lock", tmp_path / "cellfill.lock", "--offline", "-o", tmp_path / "two.h5ad"
    )
    assert again.returncode == 0, again.stderr
    assert len(hub.requests) == asked
    one, two = (anndata.read_h5ad(tmp_path / f"{name}.h5ad") for name in ("one", "two"))
    assert (one.layers["imputed"] != two.layers["imputed"]).nnz == 0
    for result in (one, two):
        record = result.uns["cellfill"]
        assert (record["repo"], record["commit"], record["revision"]) == (REPO, commit, "v1.0.0")
