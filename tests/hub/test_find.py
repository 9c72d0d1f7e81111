"""Finding models: here, on the Hub, and what they are; checking and removing what is here."""

import dataclasses
import json
import shutil

import pytest

from cellfill.bundle import read_bundle, write_bundle
from cellfill.bundle.card import parts_needed
from conftest import MODEL, ROOT
from hub.conftest import REPO
from hub.loopback import TOKEN
from hub.small import write_small


@pytest.fixture
def two(hub, desk, small, changed):
    """Two commits of one model in the cache."""
    old, new = hub.put(REPO, small), hub.put(REPO, changed)
    for commit in (old, new):
        assert desk.run("pull", f"{REPO}@{commit}").returncode == 0
    return old, new


def test_list_has_what_is_here_and_what_has_a_short_name_without_asking(hub, desk, two):
    asked = len(hub.requests)
    models = desk.json("list")
    assert len(hub.requests) == asked
    assert {m["commit"] for m in models if m["repo"] == REPO} == set(two)
    assert all(m["tasks"] == (["impute"] if m["commit"] else []) for m in models)
    assert all(m["aliases"] == ["human-pbmc"] and m["species"] == "Homo sapiens" for m in models if m["commit"])
    assert [m["repo"] for m in models if not m["commit"]] == [
        f"cellfill/{path.name}" for path in sorted(MODEL.parent.iterdir()) if path.is_dir() and path != MODEL
    ]
    text = desk.run("list").stdout
    assert f"{REPO}  " in text
    assert "not here" in text


def test_list_says_what_is_damaged(desk, two):
    (desk.cache / "snapshots" / two[0] / "manifest.json").write_text("{}")
    assert "damaged or changed" in desk.run("list").stdout


def test_search_finds_by_name_species_and_tissue_over_all_pages(hub, desk, small, tmp_path):
    mouse = write_small(ROOT / "model_cards" / "mouse-pancreas-e15", tmp_path / "mouse", name="mouse")
    for name in ("a", "b", "c"):
        hub.put(f"lab/pbmc-{name}", small)
    hub.put("other/mouse", mouse)
    hub.put("lab/secret", small, private=True)
    hub.repos["lab/unrelated"] = type(hub.repos["lab/secret"])()

    def found(*arguments, **environment):
        return [m["repo"] for m in desk.json("search", *arguments, **environment)]

    assert found() == ["lab/pbmc-a", "lab/pbmc-b", "lab/pbmc-c", "other/mouse"]
    assert len(hub.asked("GET /api/models")) == 2  # two models a page
    assert found("pbmc-b") == ["lab/pbmc-b"]
    assert found("--species", "mouse") == found("--tissue", "embryonic pancreas") == ["other/mouse"]
    assert found("--species", "Homo sapiens", "--tissue", "Blood", "--limit", "2") == ["lab/pbmc-a", "lab/pbmc-b"]
    assert found("--org", "other") == ["other/mouse"]
    assert len(found("--task", "impute")) == 4
    assert found("--task", "annotate") == []
    assert desk.json("search", "pbmc-b")[0]["tasks"] == ["impute"]
    assert "lab/secret" in found(token=TOKEN)


def test_search_needs_the_hub_and_says_so_at_once(hub, desk):
    assert "HF_HUB_OFFLINE" in desk.run("search", HF_HUB_OFFLINE="1").stderr
    hub.close()
    done = desk.run("search")
    assert done.returncode == 7
    assert "cannot be reached" in done.stderr


def test_show_fetches_manifest_and_card_only(hub, desk, small):
    hub.put(REPO, small)
    done = desk.run("show", "human-pbmc")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((small / "manifest.json").read_text())
    for evaluation in manifest["evaluations"]:
        for score in evaluation["scores"]:
            assert score["method"] in done.stdout
            assert all(f"{value:.4f}" in done.stdout for value in score["values"].values())
    first, rest = ("What it is for", "Known harms"), ("Quality gene by gene", "Coverage needed", "How to cite")
    whole = desk.run("show", "human-pbmc", "--verbose").stdout
    assert all(f"\n{part.upper()}\n" in whole for part in (*first, *rest))
    assert all(f"\n{part.upper()}\n" in done.stdout for part in first)
    assert not any(f"\n{part.upper()}\n" in done.stdout for part in rest)
    assert ", ".join(rest) in done.stderr
    assert {r.rsplit("/", 1)[1] for r in hub.asked("/resolve/")} == {"manifest.json", "README.md"}
    assert [m["commit"] for m in desk.json("list") if m["commit"]] == []  # a manifest is no model
    shown = desk.json("show", small)
    assert shown["name"] == "human-pbmc"
    assert tuple(shown["card"]) == parts_needed(read_bundle(small).manifest)


def test_show_says_what_the_card_warns_of_before_all_else(desk, small, tmp_path):
    bundle = read_bundle(small)
    head, _, rest = bundle.card.partition("\n## ")
    card = f"{head}\n**It has learnt too little.**\n\n## {rest}\n\n**Not this.**\n"
    write_bundle(dataclasses.replace(bundle, card=card), tmp_path / "model")
    shown = desk.run("show", tmp_path / "model").stdout
    assert "\nbeware        It has learnt too little.\n" in shown
    assert "beware        Not this" not in shown


def test_studies_that_were_judged_alike_are_shown_as_their_mean(desk, small, tmp_path):
    bundle = read_bundle(small)
    first = next(e for e in bundle.manifest.evaluations if e.scores[0].values)
    (name, value), *_ = first.scores[0].values.items()
    score = dataclasses.replace(first.scores[0], values=dict(first.scores[0].values) | {name: value + 1})
    other = dataclasses.replace(first, data="another", cells=7, scores=(score, *first.scores[1:]))
    manifest = dataclasses.replace(bundle.manifest, evaluations=(*bundle.manifest.evaluations, other))
    write_bundle(dataclasses.replace(bundle, manifest=manifest), tmp_path / "model")
    shown = desk.run("show", tmp_path / "model").stdout
    assert f"mean of 2 ({first.data}, another), {first.cells + 7:,} cells" in shown
    assert f"{value + 0.5:.4f}" in shown
    each = desk.run("show", tmp_path / "model", "-v").stdout
    assert "\nanother, 7 cells" in each
    assert f"{value + 1:.4f}" in each


def test_show_shows_what_would_turn_the_line_in_a_terminal(desk, small, tmp_path):
    bundle = read_bundle(small)
    card = bundle.card.replace("## Known harms\n", "## Known harms\n\n\u202enone\n")
    write_bundle(dataclasses.replace(bundle, card=card), tmp_path / "model")
    assert "\n\\u202enone\n" in desk.run("show", tmp_path / "model").stdout


def test_verify_names_the_file_that_differs_and_leaves_it(desk, two, small, tmp_path):
    old, new = two
    sound = desk.json("verify", f"{REPO}@{old}")
    assert sound["sound"]
    assert [file["name"] for file in sound["files"]] == ["manifest.json", "README.md", "genes.tsv", "model.onnx"]
    path = desk.cache / "snapshots" / old / "genes.tsv"  # both commits have it
    path.write_bytes(path.read_bytes().swapcase())
    for commit in (old, new):
        done = desk.run("verify", f"{REPO}@{commit}")
        assert done.returncode == 4
        assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAULT")] == ["genes.tsv"]
    shutil.copytree(small, tmp_path / "copy")
    assert desk.run("verify", tmp_path / "copy").returncode == 0
    (tmp_path / "copy" / "README.md").write_text("other")
    assert desk.run("verify", tmp_path / "copy").returncode == 4
    assert desk.run("verify", tmp_path).returncode == 4


def test_rm_takes_one_commit_or_all_and_never_a_folder(hub, desk, two, small):
    old, new = two
    assert desk.json("rm", f"{REPO}@{old}")["commits"] == [old]
    assert desk.json("verify", f"{REPO}@{new}")["sound"]  # what both need is still there
    gone = desk.run("rm", f"{REPO}@{old}")
    assert (gone.returncode, "nothing to remove" in gone.stderr) == (4, True)
    assert desk.json("rm", REPO)["commits"] == [new]
    assert not desk.cache.exists()
    assert desk.run("rm", small).returncode == 2
    assert (small / "model.onnx").exists()
    absent = desk.run("rm", "human-pbmc")
    assert absent.returncode == 4
    assert (
        absent.stderr
        == "Error: human-pbmc is not in the Hub's cache: there is nothing to remove. See cellfill list.\n"
    )
