"""Whether commands that are not run could be: programs, options, files and targets that a block names exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from itertools import pairwise

import typer

import cellfill.cli
import cellfill_training.cli
from conftest import ROOT

# Programs of others, whose options are theirs.
FOLDERS = {"--find-links", "--wheel-dir"}  # of pip, and what follows each
OTHERS = {"source", "python3", "hf", "export", "cd", "docker", "nextflow", "snakemake"}


def check_shell(text: str) -> int:
    """Assert that every command of a shell block can be typed; return how many there are."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    for line in lines:
        words = shlex.split(line, comments=True)
        if words:
            _check(words)
    return len(lines)


def _check(words: list[str]) -> None:
    program, *arguments = words
    if program == "cellfill":
        _parse(typer.main.get_command(cellfill.cli.app), words)
    elif program == "cellfill-train":
        _parse(typer.main.get_command(cellfill_training.cli.app), words)
    elif program == "make":
        target = next(word for word in arguments if "=" not in word)
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.M), words
        subprocess.run(["make", "--dry-run", *arguments], cwd=ROOT, check=True, capture_output=True)
    elif program == "pip":
        assert arguments[0] in ("install", "wheel"), words
        for before, wanted in pairwise(arguments):
            if before not in FOLDERS and wanted not in {*FOLDERS, "--no-index"}:
                _check_wanted(wanted)
    elif program == "python":
        assert (ROOT / arguments[0]).exists(), words
    else:
        assert program in OTHERS, words


def _parse(group: object, words: list[str]) -> None:
    program, name, *arguments = words
    assert name in group.commands, words  # type: ignore[attr-defined]
    group.commands[name].make_context(f"{program} {name}", arguments)  # type: ignore[attr-defined]


def _check_wanted(wanted: str) -> None:
    found = re.fullmatch(r"(?:\./)?(runtime|training|cellfill|cellfill-training)\[(.+)\]", wanted)
    if found is None:
        assert re.fullmatch(r"[a-z-]+", wanted), wanted
        return
    folder = {"cellfill": "runtime", "cellfill-training": "training"}.get(found[1], found[1])
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    assert set(found[2].split(",")) <= set(project["optional-dependencies"]), wanted
