"""Many files in one process: one model, a result each, and one that fails stops no other."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import anndata
import pytest
from typer.testing import CliRunner

import cellfill
import cellfill.loading
from cellfill.calls import annotating, imputing
from cellfill.calls.many_files import results_of
from cellfill.cli import app
from cellfill.cli.files import WORST_FIRST
from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.writers import anndata_sink
from conftest import EXAMPLE, MODEL
from hub.small import write_small
from runtime import bundles
from runtime.bad_places import full_disk

FULL = Path("/dev/full")


@pytest.fixture
def place(tmp_path, example, monkeypatch):
    """A folder with two files of cells and one that holds none; it is the current one."""
    for name, cells in (("a", slice(0, 20)), ("b", slice(20, 45))):
        example[cells].copy().write_h5ad(tmp_path / f"{name}.h5ad")
    (tmp_path / "broken.h5ad").write_text("no cells")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Two sub-networks of the one that is shipped."""
    return write_small(MODEL, tmp_path_factory.mktemp("models") / "human-pbmc")


@pytest.fixture(scope="module")
def types(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "types"
    bundles.make(folder)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.filterwarnings("ignore::cellfill.FitWarning")
def test_each_file_has_the_result_that_it_has_alone_and_one_that_fails_stops_no_other(place, model):
    """In a process of its own, as a person runs it."""
    command = [sys.executable, "-m", "cellfill.cli", "impute", "a.h5ad", "broken.h5ad", "gone.h5ad", "b.h5ad"]
    done = subprocess.run(
        [*command, "--model", str(model), "--output-dir", "out/of", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 3, done.stderr
    assert sorted(path.name for path in (place / "out/of").iterdir()) == ["a.h5ad", "b.h5ad"]
    for name in ("a", "b"):
        alone = cellfill.impute(anndata.read_h5ad(f"{name}.h5ad"), model=model, copy=True)
        assert (anndata.read_h5ad(f"out/of/{name}.h5ad").layers["imputed"] != alone.layers["imputed"]).nnz == 0
    told = lines(done)
    assert [(one["input"], one["output"], one["exit_code"]) for one in told] == [
        ("a.h5ad", "out/of/a.h5ad", 0),
        ("broken.h5ad", None, 3),
        ("gone.h5ad", None, 3),
        ("b.h5ad", "out/of/b.h5ad", 0),
    ]
    assert [one["cells"] for one in told if not one["exit_code"]] == [20, 25]
    assert "it is not an HDF5 file" in told[1]["error"]
    said = done.stderr.splitlines()
    assert [line.split()[0] for line in said if line.endswith((".h5ad", "code 3"))] == [
        "a.h5ad", "broken.h5ad", "gone.h5ad", "b.h5ad",
    ]  # fmt: skip
    assert said[-1] == "Error: 2 of 4 files have no result: see above."
    assert sum(line.startswith("Error: ") for line in said) == 3


def test_the_model_is_opened_once(place, types, monkeypatch):
    opened = []
    load = cellfill.loading.load
    monkeypatch.setattr(cellfill.loading, "load", lambda *a, **k: opened.append(a) or load(*a, **k))
    for command, ending in (("annotate", "tsv"), ("embed", "zarr")):
        done = run(
            command, "a.h5ad", "b.h5ad", "--model", types, "--output-dir", command, "--format", ending, "--quiet"
        )
        assert done.exit_code == 0, done.stderr
        assert {f"a.{ending}", f"b.{ending}"} <= {path.name for path in (place / command).iterdir()}
        assert done.stdout == ""
    assert len(opened) == 2


def test_results_that_would_be_one_or_are_there_are_refused_before_any_work(place):
    (place / "other").mkdir()
    shutil.copy("a.h5ad", "other/a.h5ad")
    with pytest.raises(UsageError, match=r"a\.h5ad and other/a\.h5ad would both be written to out/a\.h5ad"):
        results_of(["a.h5ad", "other/a.h5ad"], "out")
    assert not (place / "out").exists()
    (place / "out").mkdir()
    (place / "out" / "b.h5ad").write_text("precious")
    with pytest.raises(OutputExistsError, match="--force"):
        results_of(["a.h5ad", "b.h5ad"], "out")
    with pytest.raises(OutputError, match="cannot be made a folder"):
        results_of(["a.h5ad"], "broken.h5ad/out")
    assert [path.name for path in (place / "out").iterdir()] == ["b.h5ad"]
    assert (place / "out" / "b.h5ad").read_text() == "precious"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--output", "o.csv", "--format", "h5ad"), "--format and --skip-existing go with --output-dir"),
        (("--output", "o.csv", "--skip-existing"), "--format and --skip-existing go with --output-dir"),
        (
            ("--output-dir", "out", "--force", "--skip-existing"),
            "--force and --skip-existing contradict each other",
        ),
        (("--output-dir", "out", "-q", "--verbose"), "--quiet and --verbose contradict each other: give one"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_any_work(place, model, words, said):
    done = run("impute", "a.h5ad", "--model", model, *words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert not (place / "out").exists()
    assert not (place / "o.csv").exists()


@pytest.mark.parametrize("more", ["--force", "--skip-existing"])
def test_a_result_in_the_place_of_anything_that_is_read_is_refused_before_any_work(place, model, more):
    """The input itself, another one behind a link, a folder around one, and a table's own files."""
    (place / "out").mkdir()
    (place / "out/a.h5ad").symlink_to("../b.h5ad")
    (place / "mtx").mkdir()
    for name in ("mtx/a.mtx", "c.csv.cellfill.tsv"):
        (place / name).write_text("precious")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    for data, folder, form in (
        (["a.h5ad"], ".", "h5ad"),
        (["a.h5ad", "b.h5ad"], "out", "h5ad"),
        (["mtx.h5ad", "mtx/a.mtx"], ".", "10x"),
        (["c.h5ad", "c.csv.cellfill.tsv"], ".", "csv"),
    ):
        done = run("impute", *data, "--model", model, "--output-dir", folder, "--format", form, more)
        assert isinstance(done.exception, OutputError), done.output
        assert "which is read. Choose another --output-dir" in str(done.exception)
        assert done.stdout == ""
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_two_results_that_links_make_one_are_refused(place):
    (place / "out").mkdir()
    (place / "out/a.h5ad").symlink_to("b.h5ad")
    with pytest.raises(UsageError, match=r"a\.h5ad and b\.h5ad would both be written to out/b\.h5ad"):
        results_of(["a.h5ad", "b.h5ad"], "out", overwrite=True)


def test_a_folder_without_a_result_is_not_left(place, types):
    (place / "a.zarr").mkdir()
    (place / "a.zarr/.zgroup").write_text("{}")
    done = run("annotate", "a.zarr", "--model", types, "--output-dir", "a.zarr/of/these")
    assert "lies within a.zarr" in str(done.exception)
    done = run("annotate", "b.h5ad", "a.zarr", "--model", types, "--output-dir", "a.zarr/of/these")
    assert "lies within a.zarr" in str(done.exception)
    assert [path.name for path in (place / "a.zarr").iterdir()] == [".zgroup"]
    (place / "of").mkdir()
    assert run("annotate", "broken.h5ad", "--model", types, "--output-dir", "of/these/two").exit_code == 3
    assert list((place / "of").iterdir()) == []
    assert run("annotate", "broken.h5ad", "--model", types, "--output-dir", "of").exit_code == 3
    assert (place / "of").is_dir()  # it was there


@pytest.mark.skipif(os.name == "nt", reason="Windows bounds no file")
def test_a_file_that_cannot_grow_ends_in_order_and_leaves_nothing(place, model):
    """As on a full disk."""
    for name in ("one", "two"):
        (place / f"{name}.h5ad").symlink_to(EXAMPLE)
    bound = EXAMPLE.stat().st_size + 500_000
    command = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({bound}, {bound})); "
        "from cellfill.cli import main; main()"
    )
    words = ("impute", "one.h5ad", "two.h5ad", "--model", model, "--output-dir", "out", "--quiet")
    done = subprocess.run(
        [sys.executable, "-c", command, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 6, done.stderr
    first, second, last = done.stderr.splitlines()
    assert first.endswith("out/one.h5ad could not be written: File too large.")
    assert second.endswith("out/two.h5ad could not be written: File too large.")
    assert last == "Error: 2 of 2 files have no result: see above."
    assert not (place / "out").exists()


def test_a_file_on_a_full_disk_stays_open_and_takes_no_space(place, model, monkeypatch):
    """HDF5 cannot close it, and crashes with the next file if it tried."""
    full_disk(place, monkeypatch)
    monkeypatch.setattr(anndata_sink, "_LOST", [])
    sizes, truncate = [], os.truncate
    monkeypatch.setattr(os, "truncate", lambda path, size: sizes.append(size) or truncate(path, size))
    with pytest.raises(OutputError, match="No space left"):
        cellfill.impute_file("a.h5ad", "x.h5ad", model=model, gate=False, calibrate=False)
    ((file, _),) = anndata_sink._LOST
    assert file.id.valid
    assert sizes == [0]
    assert not (place / "x.h5ad").exists()


def test_of_results_that_are_there_it_says_how_to_go_on_beside_them(place, types):
    words = ("annotate", "a.h5ad", "--model", types, "--output-dir", "out", "--format", "tsv")
    assert run(*words).exit_code == 0
    again = run(*words).exception
    assert isinstance(again, OutputExistsError)
    assert str(again) == "out/a.tsv exists. Leave what is there with --skip-existing, or replace it with --force."
    assert run(*words, "--skip-existing").exit_code == 0


def test_a_folder_without_a_name_is_not_the_one_that_we_are_in(place, types):
    done = run("annotate", "a.h5ad", "--model", types, "--output-dir", "", "--format", "tsv")
    assert done.exit_code == 2
    assert "there is no name of a folder" in done.output
    assert not (place / "a.tsv").exists()


@pytest.mark.parametrize(
    ("data", "form", "result"),
    [
        ("run/a.h5ad", "h5ad", "a.h5ad"),
        ("run/sample.v2.csv.gz", "h5ad", "sample.v2.h5ad"),
        ("run.1/outs/filtered_feature_bc_matrix.h5", "zarr", "run.1.zarr"),
        ("run/per_sample_outs/s2/count/sample_filtered_feature_bc_matrix.h5", "h5ad", "s2.h5ad"),
        ("run/filtered_gene_bc_matrices/hg19/", "tsv", "run.tsv"),
        ("s3/Solo.out/Gene/filtered", "h5ad", "s3.h5ad"),
        ("outs/filtered.h5ad", "h5ad", "filtered.h5ad"),
        ("run/a.zarr.zip", "csv.gz", "a.csv.gz"),
        ("run/mtx/", "10x", "mtx"),
        ("run/s.v2.h5ad", "10x", "s_v2"),
        ("run/.h5ad", "tsv", ".h5ad.tsv"),
    ],
)
def test_a_result_is_named_as_its_data(tmp_path, data, form, result):
    ((_, place),) = results_of([tmp_path / data], tmp_path / "out", form=form).items()
    assert place == tmp_path / "out" / result


def test_samples_whose_files_have_one_name_are_written_beside_each_other(tmp_path):
    data = [tmp_path / sample / "outs" / "filtered_feature_bc_matrix.h5" for sample in ("s1", "s2")]
    assert [place.name for place in results_of(data, tmp_path / "out").values()] == ["s1.h5ad", "s2.h5ad"]
    with pytest.raises(UsageError, match=r"would both be written to .*s1\.h5ad"):
        results_of([data[0], tmp_path / "s1.h5ad"], tmp_path / "out")


def test_what_is_there_can_be_skipped(place, types):
    (place / "out").mkdir()
    (place / "out" / "a.h5ad").write_text("made before")
    done = run(
        *("annotate", "a.h5ad", "b.h5ad", "--model", types, "--output-dir", "out"), "--skip-existing", "--json"
    )
    assert done.exit_code == 0, done.stderr
    first, second = lines(done)
    assert first == {"input": "a.h5ad", "exit_code": 0, "output": "out/a.h5ad", "skipped": True}
    assert second["cells"] == 25
    assert (place / "out" / "a.h5ad").read_text() == "made before"
    assert "(was there)" in done.stderr


@pytest.mark.parametrize("there", [True, False])
def test_a_result_of_a_process_that_was_faster_is_skipped(place, types, monkeypatch, there):
    """It comes while this one works; what stands in the way otherwise is an error as ever."""

    def annotate_file(_data, output, **_options):
        if there:
            output.write_text("of another process")
        raise OutputExistsError("It exists.")

    monkeypatch.setattr(annotating, "annotate_file", annotate_file)
    done = run("annotate", "a.h5ad", "--model", types, "--output-dir", "out", "--skip-existing", "--json")
    (told,) = lines(done)
    assert (told["exit_code"], told.get("skipped")) == ((0, True) if there else (6, None))
    assert (done.exit_code == 0) == there
    if there:
        assert (place / "out" / "a.h5ad").read_text() == "of another process"


def test_a_file_of_somebody_else_is_not_skipped_and_not_replaced(place, types):
    (place / "out").mkdir()
    (place / "out" / "a.csv.cellfill.json").write_text("precious")
    done = run(
        *("annotate", "a.h5ad", "--model", types, "--output-dir", "out", "--format", "csv", "--skip-existing")
    )
    assert isinstance(done.exception, OutputExistsError)
    assert [path.name for path in (place / "out").iterdir()] == ["a.csv.cellfill.json"]


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("where", "says"),
    [
        (("-o", "x.csv"), "Error: x.csv is written, and whole. What was found could not be printed"),
        (("--output-dir", "out"), "Error: 1 of 1 files have a result in out. What was found could not be printed"),
    ],
)
def test_a_record_that_cannot_be_printed_is_not_all_that_is_said(place, types, where, says):
    words = ("annotate", "a.h5ad", "--model", types, *where, "--json", "-q")
    command = [sys.executable, "-m", "cellfill.cli", *map(str, words)]
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.splitlines()[-1].startswith(says)


@pytest.mark.parametrize(
    "command", ["impute", "annotate", "embed", "check", "report", "align", "recommend", "publish"]
)
def test_data_without_a_name_are_not_the_folder_that_we_are_in(place, command):
    done = run(command, "")
    assert done.exit_code == 2
    assert "there is no name of a f" in done.output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ((), "Nothing says where to write"),
        (("-o", "x.h5ad"), "There are 2 files, and one --output"),
        (("-o", "x.h5ad", "--output-dir", "out"), "give one of them"),
    ],
)
def test_where_to_write_is_said_once(place, model, more, message):
    done = run("impute", "a.h5ad", "b.h5ad", "--model", model, *more)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    assert not (place / "out").exists()


def test_a_format_is_of_many(place, model):
    done = run("impute", "a.h5ad", "--model", model, "-o", "x.h5ad", "--format", "csv")
    assert "--output-dir" in str(done.exception)


def test_the_exit_code_is_that_of_the_worst_and_what_nobody_foresaw_stops_no_other(place, model, monkeypatch):
    monkeypatch.delenv("CELLFILL_DEBUG")
    failing = {"a.h5ad": ValueError("of a library"), "b.h5ad": cellfill.errors.FitError("It does not fit.")}

    def impute_file(data, output, **_options):
        raise failing[data.name]

    monkeypatch.setattr(imputing, "impute_file", impute_file)
    command = ("impute", "a.h5ad", "b.h5ad", "--model", model, "--output-dir", "out", "--quiet")
    done = run(*command)
    assert done.exit_code == 1
    assert "Error: a.h5ad: Something went wrong that should not: ValueError: of a library." in done.stderr
    assert "Error: b.h5ad: It does not fit." in done.stderr
    failing["a.h5ad"] = failing["b.h5ad"]
    assert run(*command).exit_code == 9
    failing["a.h5ad"] = MemoryError()
    assert run(*command).exit_code == 1
    failing["a.h5ad"] = OutputError("The disk is full.")
    assert isinstance(run(*command).exception, OutputError)  # ends as every full disk does


def test_every_exit_code_has_its_rank():
    classes = [value for value in vars(cellfill.errors).values() if isinstance(value, type)]
    codes = {kind.exit_code for kind in classes if issubclass(kind, cellfill.errors.CellfillError)}
    assert codes == set(WORST_FIRST)
