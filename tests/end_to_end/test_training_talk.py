"""What a training prints: on stderr our own lines alone, on a terminal too; on stdout what --json asks for."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from conftest import DATA

SMALL = ("--group-size", 120, "--hidden", 24, "--max-targets", 120, "--min-genes", 50, "--max-epochs", 1)
CELLS = DATA / "pbmc_donor_a_300.h5ad"
# What TensorFlow, its parts and its drivers say of themselves.
THEIRS = re.compile(
    r"tensorflow|onednn|absl|cuda|cudnn|tf2onnx|keras|computation_placer|cpu_feature_guard|^[IWEF]\d{4}|userwarning",
    re.IGNORECASE | re.MULTILINE,
)
OURS = re.compile(
    r"species: |gain: |choosing genes|training \d|\[\d+ s\] training|epoch \d|"
    r"exporting to ONNX, and comparing with TensorFlow|"
    r"measuring what|judging the model|judged on |not judged: |learning curve: |wrote |    |to publish, fill in|"
    r"and then, nothing is trained|warning: |WARNING "
)


def environment():
    quiet = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MAX_VLOG_LEVEL", "ABSL_MIN_LOG_LEVEL")
    return {name: value for name, value in os.environ.items() if name not in quiet} | {"COLUMNS": "200"}


def command(*arguments):
    return [sys.executable, "-m", "cellfill_training.cli", *map(str, arguments)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talk")
    line = command("fit", CELLS, "--out", "mine", *SMALL, "--json")
    return folder, subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True, env=environment())


def test_stderr_of_fit_holds_our_lines_alone(trained):
    _, done = trained
    lines = done.stderr.splitlines()
    assert len(lines) > 8
    assert [line for line in lines if not OURS.match(line)] == []


def test_json_is_all_of_stdout_and_names_the_files(trained):
    folder, done = trained
    record = json.loads(done.stdout)
    assert record["tasks"] == ["impute"]
    assert (record["model"], record["recipe"]) == ("mine", "mine.recipe.toml")
    assert (record["history"], record["curve"]) == ("mine.history.tsv", "mine.history.svg")
    assert all((folder / record[name]).exists() for name in ("model", "recipe", "history", "curve"))
    assert record["targets"] == 120
    assert record["epochs"] == record["last_epoch"]["number"] == 1
    assert record["last_epoch"]["course"]["held_out_gain"] is not None
    assert record["studies"][0]["cells"] <= 300
    assert any(line.startswith("[card]") for line in record["missing_to_publish"])


def test_card_and_recipe_have_json_too(trained):
    folder, _ = trained
    line = command("card", "mine", "--words", "mine.recipe.toml", "--json")
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True, env=environment())
    record = json.loads(done.stdout)
    assert (record["model"], record["card"], record["words"]) == ("mine", "mine/README.md", "mine.recipe.toml")
    line = command("recipe", "mine.recipe.toml", "--data", ".", "--out", "again", "--json", "--quiet")
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True, env=environment())
    assert json.loads(done.stdout)["recipe"] == "mine.recipe.toml"
    assert done.stderr == ""
    assert (folder / "again.history.svg").exists()


def test_evaluate_prints_json_or_writes_it(trained, tmp_path):
    folder, _ = trained
    line = command("evaluate", "mine", "--data", CELLS, "--protocol", "masked", "--seeds", 1, "--min-genes", 50)
    wanted = ["--json", "--quiet", "--json-file", str(tmp_path / "scores.json")]
    done = subprocess.run(
        [*line, *wanted], cwd=folder, capture_output=True, text=True, check=True, env=environment()
    )
    assert json.loads(done.stdout) == json.loads((tmp_path / "scores.json").read_text())
    assert done.stderr == ""


def test_a_terminal_sees_no_talk_of_others(tmp_path):
    reader, writer = pty.openpty()
    line = command("fit", CELLS, "--out", "mine", *SMALL)
    process = subprocess.Popen(line, cwd=tmp_path, stdout=writer, stderr=writer, stdin=writer, env=environment())
    os.close(writer)
    said = b""
    while True:
        try:
            part = os.read(reader, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(reader)
    assert process.wait() == 0
    text = said.decode(errors="replace")
    for own in ("comparing with TensorFlow", "starting TensorFlow"):  # the second where that takes long
        text = text.replace(own, "")
    assert "learning curve: mine.history.svg" in text
    assert THEIRS.findall(text) == []
