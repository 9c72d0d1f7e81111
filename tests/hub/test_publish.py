"""Publishing, in a real process, to a Hub on loopback that huggingface_hub really talks to."""

import dataclasses
import os
import subprocess
import sys

import pytest

from cellfill.bundle import read_bundle, write_bundle
from cellfill.errors import BundleError
from cellfill.publish import check_publishable, publish
from conftest import MODEL, ROOT
from hub.loopback import TOKEN, Fault, Hub


@pytest.fixture
def hub():
    server = Hub()
    yield server
    server.close()


def upload(hub, tmp_path, *arguments, bundle=MODEL, token=TOKEN):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home")}
    if token:
        environment["HF_TOKEN"] = token
    return subprocess.run(
        [sys.executable, str(ROOT / "hub_upload.py"), str(bundle), "--repo", "lab/human-pbmc", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def commits(hub):
    return sum("/commit/" in request for request in hub.requests)


def test_a_bundle_goes_up_in_one_commit_with_a_tag_and_comes_back_whole(hub, tmp_path):
    done = upload(hub, tmp_path, "--tag", "v1")
    assert done.returncode == 0, done.stderr
    repo = hub.repos["lab/human-pbmc"]
    assert commits(hub) == 1
    assert repo.tags == {"v1": repo.commits[-1]}
    assert done.stdout.strip() == repo.commits[-1]
    down = tmp_path / "down"
    down.mkdir()
    for name, file in repo.published.items():
        (down / name).write_bytes(file.content)
    assert read_bundle(down).manifest == read_bundle(MODEL).manifest


def test_running_it_again_changes_nothing(hub, tmp_path):
    upload(hub, tmp_path, "--tag", "v1")
    again = upload(hub, tmp_path, "--tag", "v1")
    assert again.returncode == 0, again.stderr
    assert "holds it already" in again.stderr
    assert commits(hub) == 1


def test_only_what_changed_goes_up_and_a_tag_is_not_moved(hub, tmp_path):
    upload(hub, tmp_path, "--tag", "v1")
    bundle = read_bundle(MODEL)
    write_bundle(dataclasses.replace(bundle, card=bundle.card + "\nMore.\n"), tmp_path / "new")
    moved = upload(hub, tmp_path, "--tag", "v1", bundle=tmp_path / "new")
    assert moved.returncode == 7
    assert "names another commit" in moved.stderr
    assert commits(hub) == 1
    assert hub.repos["lab/human-pbmc"].tags["v1"] == hub.repos["lab/human-pbmc"].commits[-1]
    done = upload(hub, tmp_path, "--tag", "v2", bundle=tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert sum(request.startswith("PUT") for request in hub.requests) == 1  # the graph went up once


def test_a_private_repository_is_private(hub, tmp_path):
    upload(hub, tmp_path, "--private")
    assert hub.repos["lab/human-pbmc"].private


@pytest.mark.parametrize("status", [403, 412, 500])
def test_a_refused_commit_leaves_nothing_visible(hub, tmp_path, status):
    hub.faults = [Fault("status", "/commit/", status=status)]
    done = upload(hub, tmp_path, "--tag", "v1")
    assert done.returncode == 7
    assert done.stderr.startswith("Error: The Hub refused")
    assert hub.repos["lab/human-pbmc"].published == {}
    assert hub.repos["lab/human-pbmc"].tags == {}


@pytest.mark.parametrize("token", [None, "hf_secret_of_mine"])
def test_a_missing_or_wrong_token_is_one_line_that_does_not_show_it(hub, tmp_path, token):
    done = upload(hub, tmp_path, token=token)
    assert done.returncode == 7
    assert "token" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout


def test_a_dry_run_asks_the_hub_nothing(hub, tmp_path):
    done = upload(hub, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "is fit to be published" in done.stderr
    assert hub.requests == []


def test_a_damaged_bundle_is_refused_before_the_hub_is_asked(hub, tmp_path):
    write_bundle(read_bundle(MODEL), tmp_path / "model")
    with (tmp_path / "model" / "model.onnx").open("r+b") as file:
        file.write(b"x")
    done = upload(hub, tmp_path, bundle=tmp_path / "model")
    assert done.returncode == 4
    assert hub.requests == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: {"evaluations": ()}, "no figures on held-out cells"),
        (lambda m: {"studies": (dataclasses.replace(m.studies[0], licence=""),)}, "on what terms"),
        (lambda m: {"studies": (dataclasses.replace(m.studies[0], source=""),)}, "where the study"),
    ],
)
def test_a_bundle_that_says_too_little_is_not_published(tmp_path, change, message):
    bundle = read_bundle(MODEL)
    changed = dataclasses.replace(bundle.manifest, **change(bundle.manifest))
    write_bundle(dataclasses.replace(bundle, manifest=changed), tmp_path / "model")
    with pytest.raises(BundleError, match=message):
        publish(tmp_path / "model", "lab/x", dry_run=True)


def test_a_card_without_its_head_is_not_published(tmp_path):
    bundle = read_bundle(MODEL)
    write_bundle(dataclasses.replace(bundle, card="# hello\n"), tmp_path / "model")
    with pytest.raises(BundleError, match="lacks the YAML head"):
        check_publishable(tmp_path / "model")
