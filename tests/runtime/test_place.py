"""A result is put in its place in one step: whoever dies or comes second, what is there is of one run."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cellfill.errors import OutputError, OutputExistsError
from cellfill.writers import locks, place, renames
from cellfill.writers.check import check_output
from cellfill.writers.leftovers import LOCK, SEAL, SIDE_ENDINGS, seal_of, sweep
from cellfill.writers.place import Place
from cellfill.writers.text_file import check_text_file, write_text_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs what POSIX promises of locks and signals")
# How the files beside a table begin.
STALE = {".cellfill.json": '{\n "cellfill_version": "0.1.0",', ".cellfill.tsv": "gene\timputed\timputed_reason\t\n"}
RESULTS = ["out.h5ad", "out.zarr", "out", "old", "lock", "out.csv", "out.tsv.gz"]


def hidden_folder(folder, name, *, sealed=True):
    """The hidden folder of a run that was killed; sealed as only one is that was made here."""
    folder.mkdir(parents=True)
    (folder / LOCK).write_text(f"{platform.node()}\n{name}")
    if sealed:
        (folder / SEAL).write_text(seal_of((folder / LOCK).stat()))
    return folder


def begin(output, text):
    """Write a result of that text beside its place, and all that belongs to it."""
    made = Place(output, beside=SIDE_ENDINGS if ".csv" in output.name or ".tsv" in output.name else ())
    made.make()
    if output.suffix == ".zarr" or not output.suffix:
        made.scratch.mkdir()
        (made.scratch / "zarr.json").write_text(text)
    else:
        made.scratch.write_text(text)
    for path in made.beside:
        path.write_text(text)
    return made


def held(folder):
    """Return what lies in a folder: every file's name, and what is in it."""
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def as_on_other_systems(monkeypatch):
    """Without renameat2, as on macOS and on network file systems."""
    monkeypatch.setattr(renames, "_renameat2", lambda: None)


@pytest.fixture(params=["Linux", "elsewhere"])
def system(request, monkeypatch):
    if request.param == "elsewhere":
        as_on_other_systems(monkeypatch)
    return request.param


@posix
@pytest.mark.parametrize("name", RESULTS)
def test_of_two_results_of_one_name_the_first_stays_and_the_second_is_refused(tmp_path, name, system):
    first, second = begin(tmp_path / name, "first"), begin(tmp_path / name, "second")
    first.commit(overwrite=False)
    with pytest.raises(OutputExistsError, match="another process was faster"):
        second.commit(overwrite=False)
    second.discard()
    assert set(held(tmp_path).values()) == {"first"}
    assert not list(tmp_path.glob(".*"))


@posix
@pytest.mark.parametrize("name", RESULTS)
def test_a_second_that_sees_nothing_there_is_refused_by_the_renaming_itself(tmp_path, name, system, monkeypatch):
    first, second = begin(tmp_path / name, "first"), begin(tmp_path / name, "second")
    first.commit(overwrite=False)
    monkeypatch.setattr(place.os.path, "lexists", lambda _path: False)
    with pytest.raises(OutputExistsError):
        second.commit(overwrite=False)
    monkeypatch.undo()
    second.discard()
    assert {text for file, text in held(tmp_path).items() if "cellfill" not in file} == {"first"}


@pytest.mark.parametrize("name", RESULTS)
def test_with_force_the_last_one_stays_and_all_that_belongs_to_it(tmp_path, name, system):
    made = [begin(tmp_path / name, text) for text in ("first", "second", "third")]
    for one in made:
        one.commit(overwrite=True)
    assert set(held(tmp_path).values()) == {"third"}
    assert not list(tmp_path.glob(".*"))


RACE = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from runtime.test_place import begin
from cellfill.writers import place, renames

top, name, force = Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "force"
if sys.argv[5] == "elsewhere":
    renames._renameat2 = lambda: None
for turn in range(5):
    (top / str(turn)).mkdir()
    ready, go = os.pipe()
    children = []
    for number in range(6):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(go)
            begun = begin(top / str(turn) / name, f"text of {number}")
            os.read(ready, 1)  # ends for all of them at once
            try:
                begun.commit(overwrite=force)
            except OSError as error:
                begun.discard()
                os._exit(error.exit_code)
            os._exit(0)
    os.close(ready), os.close(go)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    print(*codes)
"""


@posix
@pytest.mark.parametrize("here", ["Linux", "elsewhere"])
@pytest.mark.parametrize("how", ["force", ""])
@pytest.mark.parametrize("name", ["out.h5ad", "out.zarr", "out", "out.csv"])
def test_of_many_processes_at_once_one_wins_or_with_force_the_last(tmp_path, name, how, here):
    command = [sys.executable, "-c", RACE, str(Path(__file__).parents[1]), str(tmp_path), name, how, here]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == ["0 0 0 0 0 0" if how == "force" else "0 6 6 6 6 6"] * 5
    for folder in tmp_path.iterdir():
        found = held(folder)
        assert len(set(found.values())) == 1, found
        assert len(found) == (3 if name == "out.csv" else 1)
        assert not list(folder.glob(".*"))


def test_a_record_whose_table_is_gone_is_in_nobodys_way(tmp_path):
    for ending, text in STALE.items():
        (tmp_path / f"out.csv{ending}").write_text(text)
    check_output(tmp_path / "out.csv", overwrite=False)
    begin(tmp_path / "out.csv", "new").commit(overwrite=False)
    assert set(held(tmp_path).values()) == {"new"}


@pytest.mark.parametrize("ending", SIDE_ENDINGS)
@pytest.mark.parametrize("text", ["notes\n", "", "{}", "gene\tlength\nCD3D\t171\n", "\n" * 9])
def test_a_file_of_somebody_else_beside_a_table_is_in_the_way(tmp_path, ending, text):
    (tmp_path / f"out.csv{ending}").write_text(text)
    with pytest.raises(OutputExistsError, match=f"{ending} exists, is not of cellfill"):
        check_output(tmp_path / "out.csv", overwrite=False)
    check_output(tmp_path / "out.csv", overwrite=True)
    check_output(tmp_path / "out.h5ad", overwrite=False)


KILLED = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from runtime.test_place import begin, held
from cellfill.writers import renames
from cellfill.writers.leftovers import sweep

top, name, force = Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "force"
if sys.argv[5] == "elsewhere":
    renames._renameat2 = lambda: None

def die_at(step):
    steps = []
    def counted(call):
        def counting(*arguments, **options):
            steps.append(call)
            if len(steps) == step:
                os._exit(9)  # as kill -9: nothing is cleaned up
            return call(*arguments, **options)
        return counting
    for owner in (Path, os):
        for call in ("rename", "replace", "unlink", "mkdir", "rmdir", "link", "write_text", "fsync"):
            if hasattr(owner, call):
                setattr(owner, call, counted(getattr(owner, call)))
    renames._renamed = counted(renames._renamed)

for step in range(1, 100):
    folder = top / str(step)
    folder.mkdir()
    if force:
        begin(folder / name, "old").commit(overwrite=False)
    else:
        (folder / f"{name}.cellfill.json").write_text("stale")  # whose table somebody removed
    child = os.fork()
    if child == 0:
        begun = begin(folder / name, "new")
        die_at(step)
        begun.commit(overwrite=force)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    before = {file: text for file, text in held(folder).items() if not file.startswith(".")}
    sweep(folder)
    print(json.dumps([code, before, held(folder), [p.name for p in folder.glob(".*")]]))
    if code == 0:
        break
"""


@posix
@pytest.mark.parametrize("here", ["Linux", "elsewhere"])
@pytest.mark.parametrize(
    ("name", "how"), [("out", "force"), ("out.csv", "force"), ("out.h5ad", "force"), ("out.csv", "")]
)
def test_killed_at_any_step_it_leaves_the_old_or_the_new_and_the_next_run_makes_it_whole(tmp_path, name, how, here):
    """And a table is never beside a record of another run, not even before the next run."""
    tests = str(Path(__file__).parents[1])
    command = [sys.executable, "-c", KILLED, tests, str(tmp_path), name, how, here]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(steps) > 2
    for code, before, after, hidden in steps:
        assert hidden == []
        assert code in (0, 9)
        assert len(set(after.values())) == 1, steps
        if any(Path(file).parts[0] == name for file in before):
            assert len(set(before.values())) == 1, steps
        if how == "force":
            assert len(after) == (3 if name == "out.csv" else 1), steps
            assert before or (here == "elsewhere" and name == "out"), steps  # there is no moment without a result
    assert set(steps[-1][2].values()) == {"new"}


@posix
@pytest.mark.parametrize("name", ["out.h5ad", "out.zarr", "out", "out.csv"])
def test_what_killed_runs_leave_is_removed_by_the_next_and_what_living_ones_write_is_not(tmp_path, name):
    program = "import os, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
    program += "from runtime.test_place import begin; begin(Path(sys.argv[2]), 'dead'); os._exit(9)"
    command = [sys.executable, "-c", program, str(Path(__file__).parents[1]), str(tmp_path / name)]
    subprocess.run(command, check=False)
    assert len(list(tmp_path.glob(".cellfill-*"))) == 1
    living = begin(tmp_path / "other", "living")
    check_output(tmp_path / name, overwrite=False)
    assert len(list(tmp_path.glob(".cellfill-*"))) == 1
    living.commit(overwrite=False)
    assert held(tmp_path) == {"other/zarr.json": "living"}


@posix
def test_text_files_too_are_of_one_process_and_their_leftovers_go(tmp_path):
    page = tmp_path / "page.html"
    write_text_file(page, "first", overwrite=False)
    with pytest.raises(OutputExistsError):
        write_text_file(page, "second", overwrite=False)
    assert page.read_text() == "first"
    write_text_file(page, "third", overwrite=True)
    check_text_file(page, overwrite=True)
    assert page.read_text() == "third"


@posix
@pytest.mark.parametrize(
    "odd",
    ["no lock", "another machine", "a path as name", "a link", "a pipe as lock", "named so", "a copy", "no seal"],
)
def test_what_is_not_surely_left_by_a_dead_run_of_this_machine_is_let_alone(tmp_path, odd):
    folder, mine = tmp_path / "here" / ".cellfill-0123456789abcdef", tmp_path / "mine"
    mine.mkdir()
    (mine / "precious").write_text("precious")
    name = "../mine" if odd == "a path as name" else "out"
    made = folder if odd != "named so" else folder.with_name(".cellfill-precious")
    made = made if odd not in ("a link", "a copy") else tmp_path / "elsewhere"
    hidden_folder(made, name, sealed=odd != "no seal")
    (made / "precious").write_text("precious")
    if odd == "another machine":
        (made / LOCK).write_text("another.example\nout")
        (made / SEAL).write_text(seal_of((made / LOCK).stat()))
    elif odd in ("no lock", "a pipe as lock"):
        (made / LOCK).unlink()
    folder.parent.mkdir(exist_ok=True)
    if odd == "a pipe as lock":
        os.mkfifo(made / LOCK)
    elif odd == "a link":
        folder.symlink_to(made)
    elif odd == "a copy":
        shutil.copytree(made, folder)  # times of change and all
    else:
        folder = made
    sweep(tmp_path / "here")
    assert (folder / "precious").read_text() == "precious"
    assert (mine / "precious").read_text() == "precious"


def test_what_a_killed_run_of_here_left_is_removed_so_that_those_were_let_alone_for_their_oddity(tmp_path):
    folder = hidden_folder(tmp_path / ".cellfill-0123456789abcdef", "out")
    (folder / "new").mkdir()
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def forge(top, name, *, seal):
    """A hidden folder that came with an archive, of whatever would put its files in the places of others."""
    folder = hidden_folder(top / ".cellfill-0000000000000000", name, sealed=False)
    for part in ("old", "beside"):
        (folder / part).mkdir()
        for file in (name, "thesis.txt", f"{name}.cellfill.json", f"{name}.cellfill.tsv"):
            (folder / part / file).write_text("theirs")
    if seal is not None:
        (folder / SEAL).write_text(seal)
    if (top / name).exists():
        about = (top / name).stat()
        (folder / "commit").write_text(f"\n{about.st_ino} {about.st_size} {about.st_mtime_ns}")
    else:
        (folder / "commit").write_text("\n1")
    return folder


@posix
@pytest.mark.parametrize("seal", [None, "", "1 1", "\n" * 9000])
@pytest.mark.parametrize("there", ["nothing", "a result", "all of it"])
def test_a_hidden_folder_of_a_stranger_changes_nothing(tmp_path, there, seal):
    """Though it knows of the file in the place what only a run can know."""
    (tmp_path / "thesis.txt").write_text("mine")
    if there != "nothing":
        (tmp_path / "out.csv").write_text("mine")
    for ending in SIDE_ENDINGS if there == "all of it" else ():
        (tmp_path / f"out.csv{ending}").write_text("mine")
    folder = forge(tmp_path, "out.csv", seal=seal)
    before = held(tmp_path)
    check_output(tmp_path / "o.h5ad", overwrite=False)
    begin(tmp_path / "o.h5ad", "new").commit(overwrite=False)
    assert held(tmp_path) == before | {"o.h5ad": "new"}
    assert folder.is_dir()


@posix
@pytest.mark.parametrize("odd", ["a folder as seal", "a pipe as seal", "a link as seal"])
def test_a_seal_that_is_no_file_is_none_and_is_not_waited_for(tmp_path, odd):
    folder = hidden_folder(tmp_path / ".cellfill-0123456789abcdef", "out", sealed=False)
    (folder / "old").mkdir()
    (folder / "old" / "out").write_text("theirs")
    if odd == "a folder as seal":
        (folder / SEAL).mkdir()
    elif odd == "a pipe as seal":
        os.mkfifo(folder / SEAL)
    else:
        (tmp_path / "true").write_text(seal_of((folder / LOCK).stat()))
        (folder / SEAL).symlink_to(tmp_path / "true")
    sweep(tmp_path)
    assert not (tmp_path / "out").exists()
    assert (folder / "old" / "out").read_text() == "theirs"


@posix
@pytest.mark.parametrize("since", ["another result", "a record", "nothing", "it was taken away"])
def test_what_was_cut_is_made_whole_only_where_nothing_came_in_its_place(tmp_path, since):
    """A record goes beside its own table alone, and over nothing: neither other files nor other tables."""
    child = os.fork()
    if child == 0:
        place.Path.replace = lambda *_paths: os._exit(9)  # of files beside: the table came to its place before
        begin(tmp_path / "out.csv", "cut").commit(overwrite=False)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    (hidden,) = tmp_path.glob(".cellfill-*")
    (hidden / "beside" / "thesis.txt").write_text("of whom?")
    table, record = tmp_path / "out.csv", tmp_path / "out.csv.cellfill.json"
    assert held(tmp_path)["out.csv"] == "cut"
    if since == "another result":
        table.unlink()
        table.write_text("new")
    elif since == "a record":
        record.write_text("mine")
    elif since == "it was taken away":
        table.unlink()
    sweep(tmp_path)
    sides = {f"out.csv{ending}": "cut" for ending in SIDE_ENDINGS}
    assert (
        held(tmp_path)
        == {
            "another result": {"out.csv": "new"},
            "a record": {"out.csv": "cut"} | sides | {record.name: "mine"},
            "nothing": {"out.csv": "cut"} | sides,
            "it was taken away": {},
        }[since]
    )


@posix
def test_a_name_of_something_else_beside_a_table_is_refused(tmp_path):
    (tmp_path / f"out.csv{SIDE_ENDINGS[1]}").mkdir()
    with pytest.raises(OutputError, match="belongs beside the table"):
        check_output(tmp_path / "out.csv", overwrite=True)


@posix
def test_who_waits_too_long_for_a_folder_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_PATIENCE", 0.05)
    with locks.one_at_a_time(tmp_path):
        write_text_file(tmp_path / "page.html", "whole", overwrite=False)
    assert held(tmp_path) == {"page.html": "whole"}


@posix
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
def test_an_interruption_at_the_very_beginning_leaves_nothing(tmp_path, monkeypatch):
    program = """
import sys, time
from pathlib import Path
from cellfill.writers import place
real = place.make_folder
def interrupted(*arguments):
    real(*arguments)
    raise KeyboardInterrupt
place.make_folder = interrupted
place.Place(Path(sys.argv[1]) / "out").make()
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True)
    assert done.returncode != 0
    assert not list(tmp_path.iterdir())
