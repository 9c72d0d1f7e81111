"""Every command and option that docs/hub.md shows is there, and so is every name."""

import re
import shlex

import cellfill
import cellfill.hub
from conftest import ROOT

PAGE = (ROOT / "docs" / "hub.md").read_text()


def test_every_command_of_the_page_exists(desk):
    shown = [shlex.split(line, comments=True) for line in re.findall(r"^    (cellfill .*)$", PAGE, flags=re.M)]
    assert len({words[1] for words in shown}) == 8
    for _, command, *arguments in shown:
        told = desk.run(command, "--help")
        assert told.returncode == 0, command
        assert all(f"{word} " in told.stdout for word in arguments if word.startswith("--")), (command, arguments)


def test_every_command_prints_json(desk):
    for command in ("impute", "align", "pull", "list", "search", "show", "verify", "rm", "lock", "doctor"):
        assert "--json" in desk.run(command, "--help").stdout, command


def test_every_name_of_the_page_exists():
    assert all(hasattr(cellfill, name) for name in re.findall(r"`cellfill\.(\w+)`", PAGE))
    last = PAGE.rsplit("`cellfill.hub`", 1)[1]
    assert set(re.findall(r"`(\w+)`", last)) == set(cellfill.hub.__all__) - {"Place", "pull"}
