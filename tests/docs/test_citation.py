"""CITATION.cff is what the format asks for, and says what the packages say."""

import tomllib

import yaml

import cellfill
from conftest import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_it_has_what_the_format_asks_for():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(CITATION)
    assert all(set(author) == {"name"} for author in CITATION["authors"])  # an entity, no person


def test_it_says_what_the_packages_say():
    assert CITATION["version"] == cellfill.__version__
    for place in ("runtime", "training"):
        project = tomllib.loads((ROOT / place / "pyproject.toml").read_text())["project"]
        assert project["license"] == CITATION["license"]


def test_what_it_refers_to_is_what_the_cards_cite():
    card = (ROOT / "model_cards" / "human-pbmc" / "README.md").read_text()
    dois = [reference["doi"] for reference in CITATION["references"]]
    assert dois
    assert all(f"doi:{doi}" in card for doi in dois)
