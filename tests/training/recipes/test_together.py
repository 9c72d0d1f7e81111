"""A model, its history and its recipe come into their places together; told to stop, none of them does."""

import signal
import subprocess
import sys
import warnings

import pytest

from cellfill.console.stopping import stoppable, undisturbed
from cellfill.errors import OutputExistsError
from cellfill.writers import place as places
from cellfill_training.recipes.together import together

FILES = ["m.history.svg", "m.history.tsv", "m.recipe.toml"]


def write(scratch, text, *, curve=True):
    scratch.folder.mkdir()
    (scratch.folder / "manifest.json").write_text(text)
    for path in (scratch.recipe, scratch.history, *([scratch.curve] if curve else [])):
        path.write_text(text)


def found(folder):
    """What stands in a folder, and what each says."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.fixture(autouse=True)
def _handlers():
    """Have signals handled as before: a program that was told to stop leaves its own handlers."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with warnings.catch_warnings():
        yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def old(tmp_path):
    with together(tmp_path / "m", overwrite=False, recipe=True) as scratch:
        write(scratch, "old")
    assert found(tmp_path) == dict.fromkeys([*FILES, "m/manifest.json"], "old")
    return tmp_path


def test_all_is_replaced_and_what_is_not_written_anew_goes(old):
    with pytest.raises(OutputExistsError), together(old / "m", overwrite=False, recipe=True):
        raise AssertionError
    with together(old / "m", overwrite=True, recipe=True) as scratch:
        write(scratch, "new", curve=False)
        assert found(old / "m") == {"manifest.json": "old"}
    assert found(old) == dict.fromkeys([*FILES[1:], "m/manifest.json"], "new")


def test_without_a_recipe_of_its_own_the_one_that_is_there_stays(old):
    with together(old / "m", overwrite=True, recipe=False) as scratch:
        scratch.folder.mkdir()
        scratch.history.write_text("new")
    assert found(old) == {"m.history.tsv": "new", "m.recipe.toml": "old"}


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_before_the_end_all_is_as_it_was(old, capsys, number, written):
    def work():
        with stoppable(), together(old / "m", overwrite=True, recipe=True) as new:
            if written:
                write(new, "new")
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + number
    assert found(old) == dict.fromkeys([*FILES, "m/manifest.json"], "old")
    assert [path.name for path in old.iterdir() if path.name.startswith(".")] == []
    by = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    assert capsys.readouterr().err == f"Stopped by {by}: what was not finished is not written.\n"


@pytest.mark.parametrize("moment", ["note_commit", "put_over"])
def test_told_to_stop_while_files_are_moved_all_of_them_are(old, monkeypatch, moment):
    usual = getattr(places, moment)

    def told(*arguments, **more):
        signal.raise_signal(signal.SIGINT)
        return usual(*arguments, **more)

    monkeypatch.setattr(places, moment, told)
    with pytest.raises(SystemExit) as ended, stoppable(), together(old / "m", overwrite=True, recipe=True) as new:
        write(new, "new")
    assert ended.value.code == 130
    assert found(old) == dict.fromkeys([*FILES, "m/manifest.json"], "new")


def test_a_disk_that_fails_while_files_are_moved_leaves_the_old_ones(old, monkeypatch):
    monkeypatch.setattr(places, "put_over", lambda *_, **__: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"), together(old / "m", overwrite=True, recipe=True) as new:
        write(new, "new")
    assert found(old) == dict.fromkeys([*FILES, "m/manifest.json"], "old")


def test_the_signal_is_obeyed_once_the_work_is_done():
    done = []

    def work():
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_killed_process_leaves_the_old_or_the_new_with_its_files_at_the_next_run(old):
    code = (
        "import os, pathlib, sys; from cellfill.writers import place\n"
        "from cellfill_training.recipes.together import together\n"
        "usual = place.put_over\n"
        "def killed(*a, **k): usual(*a, **k); os._exit(9)\n"
        "place.put_over = killed\n"
        "with together(pathlib.Path(sys.argv[1]), overwrite=True, recipe=True) as new:\n"
        "    new.folder.mkdir(); (new.folder / 'manifest.json').write_text('new')\n"
        "    [p.write_text('new') for p in (new.recipe, new.history, new.curve)]\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(old / "m")], check=False).returncode == 9
    assert found(old / "m") == {"manifest.json": "new"}
    with together(old / "another", overwrite=False, recipe=True) as new:
        new.folder.mkdir()
    assert {name: text for name, text in found(old).items() if name != "another"} == dict.fromkeys(
        [*FILES, "m/manifest.json"], "new"
    )
