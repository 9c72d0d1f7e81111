"""Names stand in a card's head as they are, whatever YAML would take them for."""

import pytest
import yaml

from cellfill_training.cards.yaml_text import yaml_text

PLAIN = ["pbmc3k", "a/b", "stopping cells of kang_pbmc", "Tabula-Muris v1.0"]
ODD = [
    *("Patient #1", "10X: v2", "[1]", "*A", "yes", "Null", "1e3", "2020-01-01", "- a", "a ", "", "'", 'a "b"', "é"),
    *("a: b", "a:", "{x}", "!x", "%x", "@x", "`x", "| x", "~", "1", "a\\b", "😀 1"),
]


@pytest.mark.parametrize("name", [*PLAIN, *ODD])
def test_a_name_is_read_as_it_is(name):
    assert yaml.safe_load(f"- {yaml_text(name)}\nname: 1"[: len(yaml_text(name)) + 2]) == [name]
    assert yaml.safe_load(f"type: {yaml_text(name)}\n") == {"type": name}
    assert (yaml_text(name) == name) == (name in PLAIN)
