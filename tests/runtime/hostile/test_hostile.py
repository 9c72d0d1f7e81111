"""Models from a stranger: each is refused with its reason, in one line, before a session exists."""

import os
import re
import sys
import time

import pytest

import cellfill
from cellfill import cli
from cellfill.bundle import read_bundle, write_bundle
from cellfill.bundle.graph_check import check_graph, signature_of
from cellfill.bundle.safe_file import git_blob
from cellfill.errors import BundleError, GraphRefusedError
from cellfill.network.devices import import_onnxruntime
from conftest import EXAMPLE, MODEL
from runtime.hostile import parts
from runtime.hostile.folders import FOLDERS
from runtime.hostile.graphs import GRAPHS


@pytest.fixture
def sound(tmp_path):
    return parts.write(tmp_path / "sound", parts.seal(parts.sound()))


@pytest.fixture
def no_session(monkeypatch):
    """A session that is made fails the test, whoever makes it."""
    made = []

    def session(*_arguments, **_options):
        made.append(True)
        raise AssertionError("a session was made")

    monkeypatch.setattr(import_onnxruntime(), "InferenceSession", session)
    yield
    assert made == []


@pytest.fixture
def refusal(monkeypatch, capfd, tmp_path, no_session):
    """Impute with a model by the command line; its one line."""

    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)

    def run(model):
        output = tmp_path / "out.h5ad"
        arguments = ["cellfill", "impute", EXAMPLE, "--model", model, "--output", output]
        monkeypatch.setattr(sys, "argv", [str(part) for part in arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capfd.readouterr()
        assert left.value.code == BundleError.exit_code, said.err
        assert re.fullmatch(r"Error: [^\n]+\n", said.err), said.err
        assert said.err[:-1].isprintable()
        assert len(said.err) < 800
        assert said.out == ""
        assert not output.exists()
        return said.err

    return run


def test_there_are_enough_of_them():
    assert len(GRAPHS) + len(FOLDERS) >= 40


@pytest.mark.parametrize("case", FOLDERS)
def test_a_hostile_or_broken_folder_is_refused_with_its_reason(case, tmp_path, refusal):
    make, says = FOLDERS[case]
    assert re.search(says, refusal(make(tmp_path / "model")))


@pytest.mark.parametrize("case", GRAPHS)
def test_a_hostile_or_broken_graph_is_refused_with_its_reason(case, tmp_path, refusal):
    make, says = GRAPHS[case]
    files = parts.seal(parts.sound() | {"model.onnx": make()})
    said = refusal(parts.write(tmp_path / "model", files))
    assert re.search(says, said)
    assert "model.onnx is refused" in said
    assert "Nothing of it was run" in said


@pytest.mark.parametrize("case", ["a loop", "weights in another file", "a weight that is no number"])
def test_no_session_is_made_of_a_hostile_graph_that_was_never_in_a_folder(case, sound, no_session):
    import dataclasses

    from cellfill.network.session import open_network

    bundle = dataclasses.replace(read_bundle(sound), graph=GRAPHS[case][0]())
    for networks in (None, [1]):
        with pytest.raises(GraphRefusedError):
            open_network(bundle, device="cpu", networks=networks)


def test_every_session_is_made_in_the_one_place_that_looks_first():
    from pathlib import Path

    sources = Path(cellfill.__file__).parent.rglob("*.py")
    makers = {path.name for path in sources if re.search(r"InferenceSession\(", path.read_text())}
    assert makers == {"devices.py"}
    source = (Path(cellfill.__file__).parent / "network" / "devices.py").read_text()
    start = source.index("def open_session(")
    assert start < source.index("check_graph(graph, expected)") < source.index("runtime.InferenceSession(")


def test_the_doctor_makes_no_session_of_a_hostile_model(tmp_path, no_session):
    files = parts.seal(parts.sound() | {"model.onnx": GRAPHS["a loop"][0]()})
    with pytest.raises(GraphRefusedError, match="'Loop'"):
        cellfill.doctor(model=parts.write(tmp_path / "model", files), offline=True)


@pytest.mark.parametrize("case", ["a loop", "a weight that is infinite"])
def test_a_graph_that_would_be_refused_is_not_written(case, sound, tmp_path):
    import dataclasses

    bundle = dataclasses.replace(read_bundle(sound), graph=GRAPHS[case][0]())
    with pytest.raises(GraphRefusedError):
        write_bundle(bundle, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_sound_model_is_accepted_and_is_onnx(sound, example):
    cellfill.impute(example, model=sound, gate=False)
    assert example.var["imputed"].sum() == parts.TARGETS
    onnx = pytest.importorskip("onnx")
    onnx.checker.check_model(onnx.load_from_string(parts.graph().bytes()), full_check=True)


def test_other_files_in_the_folder_are_never_opened(sound, example):
    os.mkfifo(sound / "model.pkl")  # to open it would be to wait for ever
    (sound / ".gitattributes").write_text("*.onnx filter=lfs")
    (sound / "custom.py").symlink_to("/etc/passwd")
    cellfill.impute(example, model=sound, gate=False)
    assert example.var["imputed"].sum() == parts.TARGETS


@pytest.mark.parametrize("shared", [False, True])
def test_the_links_of_the_hubs_cache_are_followed(sound, tmp_path, shared):
    cache = tmp_path / "cache"
    snapshot = cache / "models--a--b" / "snapshots" / ("c" * 40)
    blobs = cache / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for place, name in enumerate([path.name for path in sound.iterdir()]):
        blob = git_blob((sound / name).read_bytes())
        (snapshot / name).symlink_to(f"../../blobs/{blob}")
        if shared:
            far = cache / "blobs" / f"{place}{place}" / (f"{place}" * 64)
            far.parent.mkdir(parents=True)
            (sound / name).rename(far)
            (blobs / blob).symlink_to(f"../../blobs/{place}{place}/{far.name}")
        else:
            (sound / name).rename(blobs / blob)
    assert read_bundle(snapshot).manifest.name == "small"
    (tmp_path / "short").symlink_to(snapshot)
    assert read_bundle(tmp_path / "short").manifest.name == "small"


def test_what_was_hashed_is_what_is_used_though_the_file_is_replaced(sound, monkeypatch):
    from cellfill.bundle import safe_file

    hashing, before = safe_file.file_record, (sound / "model.onnx").read_bytes()
    opened = []

    def record(data):
        for path in sound.iterdir():  # the moment after a file was read: all of them become something else
            path.write_bytes(b"evil")
        opened.append(data)
        return hashing(data)

    monkeypatch.setattr(safe_file, "file_record", record)
    with pytest.raises(BundleError, match="is not the file"):
        read_bundle(sound)  # the first was hashed as read; the second is another
    assert opened[0] == parts.sound()["README.md"]

    again = parts.write(sound.parent / "again", parts.seal(parts.sound()))

    def record_and_replace_this_one(data):
        for path in again.iterdir():
            if path.read_bytes() == data:
                path.write_bytes(b"evil")
        return hashing(data)

    monkeypatch.setattr(safe_file, "file_record", record_and_replace_this_one)
    assert read_bundle(again).graph == before
    assert (again / "model.onnx").read_bytes() == b"evil"


def test_a_file_that_grows_while_it_is_read_is_refused(sound, monkeypatch):
    real = os.fstat

    def smaller(number):
        found = real(number)
        if found.st_size == (sound / "manifest.json").stat().st_size:
            return os.stat_result((*found[:6], found.st_size - 1, *found[7:]))
        return found

    monkeypatch.setattr(os, "fstat", smaller)
    with pytest.raises(BundleError, match="changed while it was read"):
        read_bundle(sound)


def test_a_model_of_a_large_gene_table_with_a_double_at_its_end_is_refused_at_once():
    from cellfill.bundle import parse_genes

    rows = parts.genes()
    many = [["", f"G{i}", *rows[1][2:]] for i in range(100_000)]
    started = time.process_time()
    with pytest.raises(BundleError, match="occurs twice"):
        parse_genes(parts.table([rows[0], *many, many[-1]]))
    assert time.process_time() - started < 20


def test_the_look_at_the_shipped_graph_takes_a_moment():
    bundle = read_bundle(MODEL)
    expected = signature_of(bundle.manifest.graph, bundle.genes)
    seconds = []
    for _ in range(5):
        started = time.process_time()
        check_graph(bundle.graph, expected)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.05


def test_the_shipped_graphs_are_accepted_and_any_weight_of_them_that_is_no_number_is_seen():
    for folder in sorted(p for p in MODEL.parent.iterdir() if p.is_dir()):
        bundle = read_bundle(folder)
        if bundle.manifest.imputation is None:  # test_format2 has those
            continue
        expected = signature_of(bundle.manifest.graph, bundle.genes)
        data = bytearray(bundle.graph)
        place = data.index(b"\x02w2\x4a") + 1000  # the name, and then the numbers
        data[place : place + 8] = b"\xff" * 8  # one float of these at least is no number
        with pytest.raises(GraphRefusedError, match="'w2' has weights"):
            check_graph(bytes(data), expected)
