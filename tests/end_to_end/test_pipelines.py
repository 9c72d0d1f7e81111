"""The pipelines in examples/pipelines: each is run where its program is, and its commands in any case."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import cellfill.cli
from conftest import EXAMPLE, MODEL, ROOT
from hub.small import write_small

PIPELINES = ROOT / "examples" / "pipelines"
# Programs of this environment before all others.
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def place(tmp_path_factory, _example):
    """A folder with a model, two samples that it fits with limits, and one whose genes it does not know."""
    folder = tmp_path_factory.mktemp("pipelines")
    write_small(MODEL, folder / "model")
    for number in range(2):
        _example[150 * number : 150 * (number + 1)].copy().write_h5ad(folder / f"sample_{number}.h5ad")
    return folder


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not here")


def run(*words, folder):
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, cwd=folder, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_what_the_rules_type_can_be_typed():
    text = (PIPELINES / "Snakefile").read_text()
    commands = typer.main.get_command(cellfill.cli.app).commands
    typed = ["".join(re.findall(r'"([^"\n]*)"', shell)) for shell in re.findall(r"shell:\n((?: +\".*\n)+)", text)]
    assert len(typed) == 2
    for line in typed:
        paths = set(re.findall(r"\{([^}]+)\}", line)) - {"threads"}
        assert all(path.endswith(":q") for path in paths), paths  # one may hold a space
        program, name, *arguments = re.sub(r"\{threads\}", "2", line.split(">")[0].removesuffix(" 2")).split()
        assert program == "cellfill"
        commands[name].make_context(name, arguments)


def script_of_the_process():
    """The script with what Nextflow would put in place, for the shell that it uses."""
    (script,) = re.findall(r'script:\n    """\n(.*?)"""', (PIPELINES / "main.nf").read_text(), flags=re.S)
    filled = {
        "cells": "sample_0.h5ad sample_1.h5ad",
        "model": "staged",
        "params.require": "limits",
        "task.cpus": "1",
    }
    assert set(re.findall(r"(?<!\\)\$\{([\w.]+)\}", script)) == set(filled)
    for name, value in filled.items():
        script = script.replace(f"${{{name}}}", value)
    return script.replace("\\\\\n", "\\\n").replace("\\$", "$")


def test_what_the_process_types_does_it(place):
    (place / "staged").symlink_to(place / "model")  # so does Nextflow
    run("bash", "-ue", "-c", script_of_the_process(), folder=place)
    records = [json.loads(line) for line in (place / "records.jsonl").read_text().splitlines()]
    assert [(one["input"], one["exit_code"]) for one in records] == [("sample_0.h5ad", 0), ("sample_1.h5ad", 0)]
    assert {path.name for path in (place / "imputed").iterdir()} == {"sample_0.h5ad", "sample_1.h5ad"}


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        *((f"exit {n}", n) for n in (0, 1, 2, 3, 6)),
        ("exit 8", 0),
        ("exit 9", 0),
        ("exit 143", 143),
        ("kill -9 $$", 137),
    ],
)
def test_a_task_fails_unless_the_verdict_alone_does(tmp_path, ending, code):
    """A program that was killed has a code above 9: its task is not done."""
    program = tmp_path / "cellfill"
    program.write_text(f"#!/bin/sh\n{ending}\n")
    program.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-ue", "-c", script_of_the_process()]
    assert subprocess.run(command, cwd=tmp_path, env=os.environ | path, check=False).returncode == code


def test_a_task_fails_where_the_program_is_absent(tmp_path):
    command = [shutil.which("bash"), "-ue", "-c", script_of_the_process()]
    assert subprocess.run(command, cwd=tmp_path, env={"PATH": str(tmp_path)}, check=False).returncode == 127


@needs("snakemake")
def test_snakemake_runs_the_rules(place):
    (place / "a model").symlink_to(place / "model")
    (place / "sample 1.h5ad").symlink_to(place / "sample_1.h5ad")
    config = {"model": str(place / "a model"), "samples": {"one": "sample_0.h5ad", "two": "sample 1.h5ad"}}
    (place / "config.json").write_text(json.dumps(config))
    command = ["snakemake", "--snakefile", PIPELINES / "Snakefile", "--configfile", "config.json", "--cores", "2"]
    run(*command, folder=place)
    assert json.loads((place / "results/one.json").read_text())["cells"] == 150
    assert (place / "results/two.h5ad").exists()


@needs("nextflow")
def test_nextflow_runs_the_process(place):
    words = ("--samples", f"{place}/sample_*.h5ad", "--model", place / "model", "--outdir", place / "published")
    run("nextflow", "run", PIPELINES / "main.nf", *words, "-offline", "-without-docker", folder=place)
    assert len(list((place / "published/imputed").iterdir())) == 2
    (records,) = (place / "published").glob("records.*.jsonl")
    assert {json.loads(line)["exit_code"] for line in records.read_text().splitlines()} == {0}


def test_the_configuration_names_what_is_here():
    """The example of the page: from the root of the repository it works as it is."""
    config = (PIPELINES / "config.yaml").read_text()
    assert (ROOT / re.search(r"^model: (\S+)$", config, flags=re.M)[1]) == MODEL
    assert (ROOT / re.search(r"^  donor_1: (\S+)$", config, flags=re.M)[1]) == EXAMPLE
