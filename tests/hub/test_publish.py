"""Publishing, in a real process, to a Hub on loopback that huggingface_hub really talks to."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from cellfill.bundle import read_bundle, write_bundle
from cellfill.bundle.card import NOT_STATED, PARTS, TYPES, UNKNOWN, unsaid
from cellfill.errors import BundleError, UsageError
from cellfill.hub.publish import check_publishable, publish
from conftest import ROOT
from hub.conftest import REPO
from hub.loopback import TOKEN, Fault
from hub.state import File

SECRET = "hf_secret_of_mine"


def commits(hub):
    return len(hub.asked("/commit/"))


def test_a_bundle_goes_up_in_one_commit_with_a_tag_and_comes_back_whole(hub, desk, small):
    done = desk.upload(small, "--tag", "v1")
    assert done.returncode == 0, done.stderr
    repo = hub.repos[REPO]
    assert commits(hub) == 1
    assert repo.tags == {"v1": repo.head}
    assert done.stdout.strip() == repo.head
    assert {n: f.content for n, f in repo.published.items()} == {p.name: p.read_bytes() for p in small.iterdir()}
    assert repo.labels[:2] == ["cellfill", "tabular-regression"]
    assert {"homo-sapiens", "blood", "license:cc-by-4.0"} <= set(repo.labels)


def test_the_script_in_the_root_does_the_same(hub, desk, small):
    by_script, by_command = desk.upload_by_script(small, "--tag", "v1"), desk.upload(small, "--tag", "v1")
    assert by_script.returncode == by_command.returncode == 0, by_script.stderr
    assert by_script.stdout == by_command.stdout == f"{hub.repos[REPO].head}\n"
    assert "5 files changed" in by_script.stderr or "4 files changed" in by_script.stderr
    assert "holds it already" in by_command.stderr
    assert commits(hub) == 1
    refused = desk.upload_by_script(small, repo="no name")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_what_was_done_can_be_had_as_json(hub, desk, small):
    planned = json.loads(desk.upload(small, "--dry-run", "--json").stdout)
    assert (planned["commit"], planned["dry_run"]) == ("", True)
    assert set(planned["changed"]) == {path.name for path in small.iterdir()}
    done = json.loads(desk.upload(small, "--tag", "v1", "--json").stdout)
    assert done == planned | {"commit": hub.repos[REPO].head, "tag": "v1", "dry_run": False}


def test_a_model_is_found_by_its_name_as_elsewhere(hub, desk, small):
    done = desk.upload(small.name, "--dry-run", CELLFILL_MODELS=str(small.parent))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{small.name} is the folder {small}\n")


def test_running_it_again_changes_nothing(hub, desk, small):
    desk.upload(small, "--tag", "v1")
    again = desk.upload(small, "--tag", "v1")
    assert again.returncode == 0, again.stderr
    assert "holds it already" in again.stderr
    assert commits(hub) == 1
    assert len(hub.asked("/tag/")) == 1


def test_only_what_changed_goes_up_and_a_tag_is_not_moved(hub, desk, small, changed):
    desk.upload(small, "--tag", "v1")
    moved = desk.upload(changed, "--tag", "v1")
    assert moved.returncode == 7
    assert "names another commit" in moved.stderr
    assert commits(hub) == 1
    assert hub.repos[REPO].tags["v1"] == hub.repos[REPO].head
    done = desk.upload(changed, "--tag", "v2")
    assert done.returncode == 0, done.stderr
    assert "2 files changed" in done.stderr  # the card, and the manifest that names it
    assert len(hub.asked("PUT ")) == 1  # the graph went up once


def test_a_private_repository_is_private_and_a_public_one_is_not_taken_for_private(hub, desk, small):
    desk.upload(small, "--private")
    assert hub.repos[REPO].private
    assert desk.upload(small, "--private").returncode == 0
    hub.repos[REPO].private = False
    done = desk.upload(small, "--private")
    assert done.returncode == 2
    assert "is there and public" in done.stderr


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("status", "/commit/", status=403), "refused lab/human-pbmc (403)"),
        (Fault("status", "/commit/", status=412), "was changed by someone else meanwhile"),
        (Fault("status", "/commit/", status=500), "in trouble (status 500)"),
        (Fault("status", "/preupload/", status=403), "refused lab/human-pbmc (403)"),
        (Fault("status", "objects/batch", status=404), "refused lab/human-pbmc: "),
        (Fault("status", "PUT /presigned", status=403), "refused lab/human-pbmc (403)"),
    ],
)
def test_an_upload_that_fails_leaves_nothing_visible_and_can_be_done_again(hub, desk, small, fault, message):
    hub.faults = [fault]
    done = desk.upload(small, "--tag", "v1")
    assert done.returncode == 7
    assert message in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert hub.repos == {}  # not even the repository that was made for it
    hub.faults = []
    assert desk.upload(small, "--tag", "v1").returncode == 0
    assert hub.repos[REPO].tags == {"v1": hub.repos[REPO].head}


def test_a_repository_that_was_there_stays_as_it_was(hub, desk, small, changed):
    hub.put(REPO, small)
    before = dict(hub.repos[REPO].files)
    hub.faults = [Fault("status", "/commit/", status=403)]
    assert desk.upload(changed).returncode == 7
    assert hub.repos[REPO].files == before


def test_a_commit_by_someone_else_meanwhile_is_not_overwritten(hub, desk, small, changed):
    hub.put(REPO, small)

    def push():
        hub.repos[REPO].add({**hub.repos[REPO].files, "theirs": File(b"theirs")})

    hub.faults = [Fault("call", "/preupload/", do=push, times=1)]
    done = desk.upload(changed)
    assert done.returncode == 7
    assert "was changed by someone else meanwhile" in done.stderr
    assert "theirs" in hub.repos[REPO].files
    assert desk.upload(changed).returncode == 0
    assert "theirs" in hub.repos[REPO].files


def test_a_tag_that_failed_is_made_the_next_time(hub, desk, small):
    hub.faults = [Fault("status", "/tag/", status=500, times=1)]
    assert desk.upload(small, "--tag", "v1").returncode == 7
    assert desk.upload(small, "--tag", "v1").returncode == 0
    assert hub.repos[REPO].tags == {"v1": hub.repos[REPO].head}
    assert commits(hub) == 1


def test_a_missing_or_wrong_token_is_one_line(hub, desk, small):
    for token in (None, SECRET):
        done = desk.upload(small, token=token)
        assert done.returncode == 7
        assert "token" in done.stderr
        assert done.stderr.count("\n") == 1
        assert hub.repos == {}


def test_the_token_is_in_no_output_and_no_file(hub, desk, small, tmp_path):
    """By the environment and by the file of ``hf auth login``; with faults, and with huggingface_hub's own logs."""
    said = ""
    for number, fault in enumerate(
        [
            None,
            Fault("status", "whoami|create|revision|models/lab", status=500),
            Fault("status", "/commit/", status=403),
            Fault("cut", "GET /api/models/", at=3),
        ]
    ):
        hub.faults = [fault] if fault else []
        home = tmp_path / f"home{number}"
        home.mkdir()
        by_file = number % 2 == 1
        if by_file:
            (home / "token").write_text(TOKEN)
        variables = {"HF_HOME": str(home), "HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug"}
        environment = desk.environment(token=None if by_file else TOKEN, **variables)
        for command in (
            desk.command("publish", small, "--repo", REPO, "--tag", "v1", "--json"),
            [sys.executable, str(ROOT / "hub_upload.py"), str(small), "--repo", REPO, "--tag", "v1"],
            desk.command("pull", REPO),
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            said += done.stdout + done.stderr
        for folder, _, names in os.walk(home):
            for name in names:
                path = os.path.join(folder, name)  # noqa: PTH118
                with open(path, "rb") as file:  # noqa: PTH123
                    assert path == str(home / "token") or TOKEN.encode() not in file.read(), path
    assert "Error: " in said
    assert TOKEN not in said


def test_an_error_that_holds_a_token_or_a_password_is_passed_on_without(monkeypatch):
    from cellfill.errors import HubUnreachableError
    from cellfill.hub.refusals import hub_errors

    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(HubUnreachableError) as caught, hub_errors("lab/x"):
        raise RuntimeError(f"proxy refused 'Bearer {SECRET}' at https://me:pass@mirror/x")
    assert "proxy refused 'Bearer ***' at https://mirror/x" in str(caught.value)


def test_a_dry_run_asks_the_hub_nothing(hub, desk, small):
    done = desk.upload(small, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "is fit to be published" in done.stderr
    assert hub.requests == []


def test_a_damaged_bundle_is_refused_before_the_hub_is_asked(hub, desk, small, tmp_path):
    write_bundle(read_bundle(small), tmp_path / "model")
    with (tmp_path / "model" / "model.onnx").open("r+b") as file:
        file.write(b"x")
    assert desk.upload(tmp_path / "model").returncode == 4
    assert hub.requests == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: {"evaluations": ()}, "figures on held-out cells: train it with more"),
        (lambda m: {"licence": ""}, r"Missing: \[about\] licence"),
        (
            lambda m: {"studies": (dataclasses.replace(m.studies[0], licence=""),)},
            r"\[\[study\]\] pbmc3k: licence;",
        ),
        (lambda m: {"studies": (dataclasses.replace(m.studies[0], source=""),)}, r"\[\[study\]\] pbmc3k: source;"),
        (
            lambda m: {"studies": (*m.studies[:-1], dataclasses.replace(m.studies[-1], name="no_such"))},
            "does not name the study no_such",
        ),
        (lambda m: {"licence": "mit"}, "its license is 'cc-by-4.0', not 'mit'"),
        (lambda m: {"species": "Mus musculus"}, "lacks the tags mus-musculus"),
        (
            lambda m: {"evaluations": (dataclasses.replace(m.evaluations[0], data="x"),)},
            "which the manifest does not",
        ),
        (
            lambda m: {"evaluations": (*m.evaluations, dataclasses.replace(m.evaluations[0], data="more"))},
            "lacks figures of the evaluation on more",
        ),
    ],
)
def test_a_bundle_that_says_too_little_or_other_things_than_its_card_is_not_published(
    tmp_path, small, change, message
):
    bundle = read_bundle(small)
    changed = dataclasses.replace(bundle.manifest, **change(bundle.manifest))
    write_bundle(dataclasses.replace(bundle, manifest=changed), tmp_path / "model")
    with pytest.raises(BundleError, match=message):
        publish(tmp_path / "model", "lab/x", dry_run=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: "# hello\n", "lacks the YAML head"),
        (lambda card: "---\n: [\n---\n", "cannot read"),
        (lambda card: card.replace("library_name: cellfill", "library_name: other"), "its library_name is 'other'"),
        (lambda card: card.replace("value: 0.0132", "value: 0.0065"), "states 0.0065 as mse"),
        (lambda card: card.replace("name: pearson (cellfill, calibrated)", "name: r"), "states 0.4509 as r"),
        (lambda card: card.replace("- blood\n", ""), "lacks the tags blood"),
        (lambda card: card.replace("- kang_pbmc\n", ""), "its datasets are"),
        (lambda card: card.split("model-index:")[0] + "---\n", "its model_name is None"),
        *(
            (lambda card, part=part: card.replace(f"## {part}\n", ""), f"it lacks the part '{part}'")
            for part in PARTS
            if part not in (TYPES, UNKNOWN)
        ),
        (
            lambda card: card.replace("GSE96583", NOT_STATED),
            "its part 'Training data' leaves something unsaid",
        ),
        (
            lambda card: card.replace("## Known harms\n", f"## Known harms\n\n{NOT_STATED}\n"),
            "its part 'Known harms' leaves something unsaid",
        ),
    ],
)
def test_a_card_that_does_not_say_what_the_manifest_says_is_not_published(tmp_path, small, change, message):
    bundle = read_bundle(small)
    assert change(bundle.card) != bundle.card
    write_bundle(dataclasses.replace(bundle, card=change(bundle.card)), tmp_path / "model")
    with pytest.raises(BundleError, match=message):
        check_publishable(tmp_path / "model")


def test_all_that_is_missing_is_told_in_one_answer(tmp_path, small):
    bundle = read_bundle(small)
    first, second, *others = bundle.manifest.studies
    studies = (dataclasses.replace(first, source=""), dataclasses.replace(second, licence=""), *others)
    manifest = dataclasses.replace(bundle.manifest, licence="", evaluations=(), studies=studies)
    card = bundle.card.replace("GSE96583", unsaid("accession", "kang_pbmc")).replace("## Known harms", "## Harms")
    write_bundle(dataclasses.replace(bundle, manifest=manifest, card=card), tmp_path / "model")
    with pytest.raises(BundleError) as caught:
        publish(tmp_path / "model", "lab/x", dry_run=True)
    for word in (
        "figures on held-out cells",
        "[about] licence",
        "[[study]] pbmc3k: source",
        "[[study]] pbmc4k: licence",
        "[[study]] kang_pbmc: accession",
        "it lacks the part 'Known harms'",
        "its license is 'cc-by-4.0', not ''",
        "nothing is trained: cellfill-train card",
    ):
        assert word in str(caught.value)


@pytest.mark.parametrize("repo", ["pbmc", "a/b/c", "../x", "lab/a--b"])
def test_a_name_that_is_no_repository_s_is_refused(small, repo):
    with pytest.raises(UsageError, match="give organisation/name"):
        publish(small, repo, dry_run=True)
    with pytest.raises(UsageError, match="cannot be a tag"):
        publish(small, "lab/x", tag="main", dry_run=True)


def test_the_recipe_that_lies_beside_a_model_is_named(tmp_path, small):
    bundle = read_bundle(small)
    write_bundle(
        dataclasses.replace(bundle, manifest=dataclasses.replace(bundle.manifest, licence="")), tmp_path / "m"
    )
    for words in ("FILE.toml", str(tmp_path / "m.recipe.toml")):
        with pytest.raises(BundleError) as caught:
            publish(tmp_path / "m", "lab/x", dry_run=True)
        assert str(caught.value).endswith(f"cellfill-train card {tmp_path / 'm'} --words {words}")
        (tmp_path / "m.recipe.toml").touch()
