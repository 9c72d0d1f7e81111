"""What the program prints: anybody's words cannot steer a terminal, hide in it or turn its lines."""

import ast
import logging
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellfill import console
from conftest import MODEL, ROOT

HOSTILE = "A\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202eB\u200b\u2066\ufeff\u2028C\ue000\udc80\x7f"
SOURCES = [
    path
    for folder in ("runtime/src/cellfill", "training/src/cellfill_training")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "hub_upload.py"]


def is_harmless(text):
    """Whether nothing but printable characters and ends of lines is in a text."""
    return all(c.isprintable() or c in "\n\t" for c in text)


@given(st.text(alphabet=st.characters()) | st.text(alphabet=HOSTILE))
def test_what_is_shown_is_harmless_and_ordinary_text_is_as_it_was(text):
    assert is_harmless(console.shown(text))
    assert "\n" not in console.shown_in_line(text)
    assert console.shown(text) == text or not is_harmless(text)


def test_accents_greek_and_emoji_are_ordinary():
    assert (
        console.shown("Müller-Zellen, α-Motoneurone, 細胞 🙂\n\tx") == "Müller-Zellen, α-Motoneurone, 細胞 🙂\n\tx"
    )


@pytest.mark.parametrize("write", [console.out, console.say])
def test_whatever_is_printed_goes_through_it(write, capsys):
    write(HOSTILE)
    said = "".join(capsys.readouterr())
    assert is_harmless(said)
    assert "\\x1b[2J\\x0d\\x9b31m\\u202eB\\u200b\\u2066\\ufeff\\u2028C\\ue000\\udc80\\x7f" in said


def test_what_is_for_machines_stays_as_it_is(capsys):
    import json

    console.print_json({"name": HOSTILE})
    assert json.loads(capsys.readouterr().out) == {"name": HOSTILE}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_prints_by_itself(path):
    if path.name == "printing.py" and path.parent.name == "console":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        assert name not in {"print", "typer.echo", "typer.secho", "click.echo", "input"}, f"{path}:{node.lineno}"
        assert not name.startswith(("sys.stdout.write", "sys.stderr.write")), f"{path}:{node.lineno}"


def test_what_libraries_log_and_warn_of_is_shown_too():
    def warned():
        return warnings.formatwarning(HOSTILE, UserWarning, "f.py", 1, "")

    with console.errors_as_messages():
        made = logging.getLogger("anyone").makeRecord("anyone", 30, "f", 1, "it says %s", (HOSTILE,), None)
        assert is_harmless(made.getMessage())
        assert is_harmless(warned())
    assert not is_harmless(warned())


@pytest.mark.parametrize(
    "arguments",
    [
        ("impute", "{}", "-o", "out.h5ad", "--model", MODEL),
        ("impute", "{}.h5ad", "-o", "out.h5ad", "--model", MODEL),
        ("impute", "x.h5ad", "-o", "{}", "--model", MODEL),
        ("impute", "x.h5ad", "-o", "out.h5ad", "--model", "{}"),
        ("impute", "x.h5ad", "-o", "out.h5ad", "--lock", "{}"),
        ("impute", "x.h5ad", "-o", "out.h5ad", "--model", MODEL, "--genes", "{}"),
        ("impute", "x.h5ad", "-o", "out.h5ad", "--model", MODEL, "--{}", "1"),
        ("align", "{}", "--model", MODEL),
        ("check", "{}", "--model", "{}"),
        ("report", "{}", "--model", MODEL, "-o", "{}"),
        ("recommend", "{}", "--hub", "{}"),
        ("pull", "{}"),
        ("show", "lab/{}"),
        ("verify", "./{}"),
        ("rm", "{}@{}"),
        ("lock", "{}", "-o", "{}"),
        ("search", "--limit", "{}"),
        ("doctor", "--model", "{}", "--offline"),
        ("{}",),
    ],
    ids=lambda a: f"{a[0]}-{len(a)}",
)
def test_no_command_repeats_a_hostile_argument_as_it_is(arguments, monkeypatch, tmp_path, capsys):
    from cellfill.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    name = "A\x1b[2J\x9b\u202eB\u200b\ue000"
    monkeypatch.setattr(sys, "argv", ["cellfill", *(str(a).replace("{}", name) for a in arguments)])
    monkeypatch.setattr("os._exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        console.run(app)
    said = capsys.readouterr()
    assert ended.value.code != 0
    assert is_harmless(said.out + said.err)
    assert said.err


def test_genes_of_the_data_are_shown_in_a_refusal(tmp_path):
    names = [f"G{i}\x1b[31m\u202e" for i in range(30)]
    rows = ["cell," + ",".join(names), *(f"c{i}," + ",".join("1" * 30) for i in range(30))]
    (tmp_path / "x.csv").write_text("\n".join(rows))
    for command in ("align", "check"):
        done = subprocess.run(
            [sys.executable, "-m", "cellfill.cli", command, str(tmp_path / "x.csv"), "--model", str(MODEL)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3, done.stderr
        assert is_harmless(done.stdout + done.stderr)
        assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_few_letters_gets_the_others_escaped():
    code = "from cellfill.console import out; out('α-cells')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.stdout == "\\u03b1-cells\n"
