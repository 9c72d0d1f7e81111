"""What --model means: a folder first, then an alias, then a model of the Hub; and nothing that leads elsewhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill.errors import CellfillError, ModelNotFoundError, UsageError
from cellfill.hub.aliases import aliases
from cellfill.hub.cache import repo_folder
from cellfill.hub.names import is_commit, is_repo, is_revision
from cellfill.hub.reference import FolderReference, HubReference, parse_reference
from conftest import ROOT


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CELLFILL_ALIASES", raising=False)


@pytest.mark.parametrize(
    ("text", "repo", "revision", "alias"),
    [
        ("human-pbmc", "cellfill/human-pbmc", "main", "human-pbmc"),
        ("human-pbmc@v1.0.0", "cellfill/human-pbmc", "v1.0.0", "human-pbmc"),
        ("lab/model", "lab/model", "main", ""),
        (f"lab/model@{'a' * 40}", "lab/model", "a" * 40, ""),
        ("lab/model@refs/pr/1", "lab/model", "refs/pr/1", ""),
    ],
)
def test_names_of_the_hub(text, repo, revision, alias):
    assert parse_reference(text) == HubReference(repo=repo, revision=revision, alias=alias)


@pytest.mark.parametrize("text", ["./model", "../a/b", "/a/b", "a/b/c", "model/", "~/x", "./a@b"])
def test_what_looks_like_a_path_is_one(text, tmp_path):
    assert parse_reference(text) == FolderReference(path=tmp_path.__class__(text))


@pytest.mark.parametrize("name", ["human-pbmc", "lab/model", "lab/model@v1"])
def test_a_folder_that_exists_wins(name, tmp_path):
    (tmp_path / name).mkdir(parents=True)
    assert isinstance(parse_reference(name), FolderReference)


def test_a_folder_has_no_revisions(tmp_path):
    (tmp_path / "human-pbmc").mkdir()
    with pytest.raises(UsageError, match="a folder has no revisions"):
        parse_reference("human-pbmc@v1")


def test_no_name_is_no_folder():
    with pytest.raises(UsageError, match="name is empty"):
        parse_reference("")


def test_what_is_none_of_these_names_the_aliases():
    with pytest.raises(ModelNotFoundError, match=r"'nosuch': it is neither a folder here.*human-pbmc"):
        parse_reference("nosuch")


@pytest.mark.parametrize("revision", ["", "..", "../x", "a/../b", "/etc", "a//b", "-x", "a\nb", "é"])
def test_a_revision_that_could_lead_elsewhere_is_refused(revision):
    with pytest.raises(UsageError, match="cannot be a revision"):
        parse_reference(f"lab/model@{revision}")


@given(st.text(max_size=60))
def test_any_text_is_a_model_or_refused_and_its_cache_stays_inside(text):
    try:
        reference = parse_reference(text)
    except CellfillError:
        return
    if isinstance(reference, HubReference):
        folder = repo_folder(reference.repo)
        assert folder.parent == repo_folder("a/b").parent
        assert folder.name.count("--") == 2


@given(st.text(alphabet="ab0-._/", max_size=20))
def test_names_that_are_let_through_are_plain(text):
    assert not is_repo(text) or text.count("/") == 1
    assert not is_revision(text) or ".." not in text.split("/")
    assert is_commit("0123456789abcdef0123456789abcdef01234567")


def test_the_index_that_ships_names_the_models_that_ship():
    assert sorted(aliases()) == sorted(p.name for p in (ROOT / "model_cards").iterdir() if p.is_dir())
    assert all(target == f"cellfill/{alias}" for alias, target in aliases().items())


def test_aliases_of_one_s_own_go_before(tmp_path, monkeypatch):
    (tmp_path / "own.json").write_text(json.dumps({"human-pbmc": "lab/pbmc@v2", "ours": "lab/ours"}))
    monkeypatch.setenv("CELLFILL_ALIASES", str(tmp_path / "own.json"))
    assert parse_reference("human-pbmc") == HubReference(repo="lab/pbmc", revision="v2", alias="human-pbmc")
    assert parse_reference("human-pbmc@v3").revision == "v3"
    assert parse_reference("ours").repo == "lab/ours"
    assert parse_reference("mouse-pancreas-e15").repo == "cellfill/mouse-pancreas-e15"


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"a": 1}', '{"a": "b"}', '{"a": "../b"}', '{"a b": "c/d"}', '{"a": "b/c@.."}']
)
def test_a_table_of_aliases_that_is_none_is_refused(content, tmp_path, monkeypatch):
    (tmp_path / "own.json").write_text(content)
    monkeypatch.setenv("CELLFILL_ALIASES", str(tmp_path / "own.json"))
    with pytest.raises(UsageError, match="CELLFILL_ALIASES"):
        parse_reference("human-pbmc")
