"""Data at a URL: from a server that answers what a file gives; from another a sentence, and nothing is written."""

import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import anndata
import fsspec
import h5py
import numpy as np
import pytest
from scipy import sparse
from typer.testing import CliRunner

import cellfill
from cellfill.calls.many_files import results_of
from cellfill.cli import app
from cellfill.errors import DataError, DataNotFoundError, MissingDependencyError, UsageError
from cellfill.readers import open_dataset
from cellfill.readers.remote import source_of
from cellfill.readers.remote_files import PartsOfFile
from conftest import MODEL
from hub.small import write_small
from runtime import bundles
from runtime.one_dataset import forty_cells, write_10x_h5, write_chunked, write_csc, write_h5ad, write_zarr
from runtime.served import Served
from runtime.tasks.known import known_cells, same
from runtime.test_readers import all_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
FORMATS = {
    "h5ad": write_h5ad,
    "h5ad in chunks, dense": write_chunked,
    "h5ad of columns": write_csc,
    "zarr 2": write_zarr(2),
    "zarr 3": write_zarr(3),
    "10x": write_10x_h5(3),
}
SECRETS = ("curie", "po/lo", "po%2Flo", "nium", "token=", "hush")


@pytest.fixture
def served(tmp_path):
    """A server of an empty folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = Served(folder)
    yield server
    server.close()


@pytest.fixture
def memory():
    """An empty file system of fsspec in memory."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two sub-networks of the model that is shipped."""
    return write_small(MODEL, tmp_path_factory.mktemp("models") / "human-pbmc")


def shown(error):
    """Return what an error says, which is one line without a secret, of which no cause says one either."""
    text = str(error)
    assert "\n" not in text
    assert not [secret for secret in SECRETS if secret in text]
    assert error.__cause__ is None
    return text


def refused(url, kind, match):
    with pytest.raises(kind, match=match) as caught:
        open_dataset(url)
    return shown(caught.value)


def same_dataset(found, wanted):
    assert found.cells == wanted.cells
    assert list(found.cell_names()) == list(wanted.cell_names())
    assert list(found.var.index) == list(wanted.var.index)
    assert [matrix.name for matrix in found.matrices] == [matrix.name for matrix in wanted.matrices]
    assert found.dense == wanted.dense
    for ours, theirs in zip(found.matrices, wanted.matrices, strict=True):
        np.testing.assert_array_equal(all_of(ours.rows), all_of(theirs.rows))
    assert found.rest().obs.equals(wanted.rest().obs)
    assert list(found.rest().uns) == list(wanted.rest().uns)
    assert not found.left_out()


# The same as from a file


@pytest.mark.parametrize("form", FORMATS)
def test_a_server_gives_what_the_file_gives(served, example, form):
    path = FORMATS[form](forty_cells(example), served.folder)
    found, wanted = open_dataset(f"{served.url}/{path.name}"), open_dataset(path)
    assert (found.path, str(found.remote)) == (None, f"{served.url}/{path.name}")
    same_dataset(found, wanted)
    found.unchanged()
    found.close()
    wanted.close()


@pytest.mark.parametrize("form", ["h5ad", "zarr 2", "zarr 3"])
def test_so_does_the_memory_of_fsspec(memory, tmp_path, example, form):
    path = FORMATS[form](forty_cells(example), tmp_path)
    memory.put(str(path), f"/cells/{path.name}", recursive=path.is_dir())
    found = open_dataset(f"memory://cells/{path.name}")
    same_dataset(found, open_dataset(path))
    found.close()


def test_file_is_a_path(tmp_path, example):
    path = write_h5ad(forty_cells(example), tmp_path)
    assert source_of(path.as_uri()) == path
    dataset = open_dataset(path.as_uri())
    assert dataset.path == path
    dataset.close()


@pytest.mark.parametrize("name", ["in.h5ad", "in.zarr"])
@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
def test_imputing_in_blocks_is_that_of_the_file(served, tmp_path, example, small, name, output):
    few = example[:60].copy()
    few.uns["note"], few.obsm["place"] = "kept", np.ones((60, 2))
    getattr(few, f"write_{Path(name).suffix[1:]}")(served.folder / name)
    done = []
    for data, folder in ((f"{served.url}/{name}", tmp_path / "url"), (served.folder / name, tmp_path / "file")):
        folder.mkdir()
        report = cellfill.impute_file(data, folder / output, model=small, block_size=16)
        read = anndata.read_h5ad if output.endswith("h5ad") else anndata.read_zarr
        done.append((report, read(folder / output)))
        assert [path.name for path in folder.iterdir()] == [output]
    (report, found), (expected, wanted) = done
    assert report.record == expected.record
    for of in ("imputed", None):
        a, b = (adata.X if of is None else adata.layers[of] for adata in (found, wanted))
        assert sparse.issparse(a) == sparse.issparse(b)
        assert abs(a - b).max() == 0
    assert found.var.equals(wanted.var)
    assert found.obs.equals(wanted.obs)
    assert (found.uns["note"], found.obsm["place"].shape) == ("kept", (60, 2))
    assert served.host not in json.dumps(report.record)


@pytest.mark.parametrize("name", ["cells.h5ad", "cells.zarr"])
def test_naming_cells_is_that_of_the_file(served, tmp_path, name):
    model, cells = bundles.make(tmp_path / "types", ("annotate",)), known_cells()
    getattr(cells, f"write_{Path(name).suffix[1:]}")(served.folder / name)
    done = [tmp_path / "url.h5ad", tmp_path / "file.h5ad"]
    for data, output in zip((f"{served.url}/{name}", served.folder / name), done, strict=True):
        cellfill.annotate_file(data, output, model=model, block_size=16)
    same(*map(anndata.read_h5ad, done))


def test_looking_at_a_dataset_takes_a_url_too(served, example, small):
    example[:60].copy().write_h5ad(served.folder / "in.h5ad")
    model = cellfill.load(small)
    found = [model.align(data) for data in (served.folder / "in.h5ad", f"{served.url}/in.h5ad")]
    assert found[0] == found[1]


def test_a_part_of_a_large_file_is_asked_for_alone(served):
    many = anndata.AnnData(np.random.default_rng(1).poisson(3.0, (6_000, 400)).astype("f4"))
    many.write_h5ad(served.folder / "in.h5ad")
    dataset = open_dataset(f"{served.url}/in.h5ad")
    dataset.matrices[0].rows[5_000:5_010]
    dataset.close()
    assert 0 < served.bytes < (served.folder / "in.h5ad").stat().st_size / 2


def test_chunks_are_asked_for_by_their_names(served, example):
    """Names of layers are a person's own, and in a URL some signs mean something."""
    few = forty_cells(example)
    few.layers["a b#c?d%41"] = few.X.copy()
    few.write_zarr(served.folder / "in.zarr")
    dataset = open_dataset(f"{served.url}/in.zarr")
    np.testing.assert_array_equal(all_of(dataset.matrices[1].rows), few.X.toarray())
    dataset.close()


def test_a_store_of_shards_is_read_by_parts(served, example):
    """Several chunks are in one file of it; where the server ignores which part was asked for, that is seen."""
    import zarr

    few = forty_cells(example)
    few.X = few.X.toarray()
    path = write_zarr(3)(few, served.folder)
    root = zarr.open_group(str(path), mode="r+", use_consolidated=False)
    said = dict(root["X"].attrs)
    del root["X"]
    root.create_array("X", data=few.X, chunks=(5, 300), shards=(20, 300), attributes=said)
    zarr.consolidate_metadata(str(path))
    dataset = open_dataset(f"{served.url}/in.zarr")
    np.testing.assert_array_equal(dataset.matrices[0].rows[7:31], few.X[7:31])
    assert [asked for _, at, _, asked in served.asked if "/X/c/" in at and asked]
    served.ranges = "ignored"
    with pytest.raises(DataError, match="gives whole files only"):
        dataset.matrices[0].rows[0:5]
    dataset.close()


def test_a_program_ends_without_a_word_of_libraries(served, tmp_path):
    """Sessions that are left open are complained about at the very end."""
    model = bundles.make(tmp_path / "types", ("annotate",))
    known_cells().write_zarr(served.folder / "in.zarr")
    words = ["annotate", f"{served.url}/in.zarr", "-o", tmp_path / "out.csv", "--model", model, "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "cellfill.cli", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert not [line for line in done.stderr.splitlines() if not line.startswith(("WARNING", "["))], done.stderr


# Secrets


@pytest.mark.parametrize("form", ["h5ad", "zarr 2"])
def test_a_user_is_told_to_the_server_and_to_nobody_else(served, example, form):
    path = FORMATS[form](forty_cells(example), served.folder)
    served.asks_who = True
    url = f"{served.url_of_user}/{path.name}"
    dataset = open_dataset(url)
    assert all_of(dataset.matrices[0].rows).sum() > 0
    assert str(dataset.remote) == f"{served.url}/{path.name}"
    assert not [secret for secret in SECRETS if secret in repr(dataset.remote)]
    path.rename(served.folder / "gone")
    with pytest.raises(DataError, match="changed, replaced or removed") as caught:
        dataset.unchanged()
    shown(caught.value)
    dataset.close()
    assert "401" in refused(url.replace("nium", "nium-hush"), DataError, "Unauthorized.*wants to know who asks")


def test_a_query_goes_to_the_server_and_into_no_message(served, example):
    path = write_h5ad(forty_cells(example), served.folder)
    open_dataset(f"{served.url}/in.h5ad?token=hush%2Fhush").close()
    assert {unquote(query) for _, _, query, _ in served.asked} == {"token=hush/hush"}
    refused(f"{served.url}/none.h5ad?token=hush", DataNotFoundError, "No data at http://[^?]*none.h5ad: ")
    path.write_bytes(path.read_bytes()[:3000])
    refused(f"{served.url}/in.h5ad?token=hush", DataError, "cannot be read as .h5ad: ")


def test_the_program_shows_no_secret(served, tmp_path, example, small):
    example[:30].copy().write_h5ad(served.folder / "in.h5ad")
    urls = [f"{served.url_of_user}/{name}.h5ad?token=hush" for name in ("in", "none")]
    done = CliRunner().invoke(
        app, ["impute", *urls, "--output-dir", str(tmp_path / "out"), "--model", str(small), "--json", "--no-gate"]
    )
    assert done.exit_code == 3, done.output
    assert not [secret for secret in SECRETS if secret in done.output]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["input"], one["exit_code"]) for one in said] == [
        (f"{served.url}/in.h5ad", 0),
        (f"{served.url}/none.h5ad", 3),
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["in.h5ad"]
    assert not any(secret.encode() in (tmp_path / "out/in.h5ad").read_bytes() for secret in ("curie", "token=hush"))


# Servers that do not do what is needed


@pytest.mark.parametrize("name", ["in.h5ad", "in.zarr"])
def test_a_server_that_dies_leaves_nothing(served, tmp_path, example, small, name):
    cells = anndata.concat([example] * 3, index_unique="-")
    getattr(cells, f"write_{Path(name).suffix[1:]}")(served.folder / name)
    folder = tmp_path / "out"
    folder.mkdir()
    blocks = []

    def on_block(done, of):
        blocks.append((done, of))
        served.left = 0

    options = {"block_size": 100, "gate": False, "calibrate": False, "on_block": on_block}
    with pytest.raises(DataError, match=rf"{name} cannot be read as .*; or fetch it first") as caught:
        cellfill.impute_file(f"{served.url_of_user}/{name}", folder / "out.h5ad", model=small, **options)
    shown(caught.value)
    assert blocks[0] == (100, 900)
    assert list(folder.iterdir()) == []


def test_nobody_at_all(served):
    served.close()
    for name in ("in.h5ad", "in.zarr"):
        refused(f"{served.url_of_user}/{name}", DataError, "Cannot connect.*try again; or fetch it first")


@pytest.mark.parametrize("ranges", ["ignored", "denied"])
def test_a_server_of_whole_files(served, ranges):
    """Of a store it is as good as any; of a file that does not fit into one answer it is not."""
    many = anndata.AnnData(np.random.default_rng(1).poisson(3.0, (2_000, 400)).astype("f4"))
    many.write_h5ad(served.folder / "in.h5ad")
    many[:20].write_zarr(served.folder / "in.zarr")
    served.ranges = ranges
    refused(f"{served.url}/in.h5ad", DataError, "gives whole files only, no part of one: fetch it first")
    dataset = open_dataset(f"{served.url}/in.zarr")
    np.testing.assert_array_equal(all_of(dataset.matrices[0].rows), many.X[:20])
    dataset.close()


@pytest.mark.parametrize("form", ["h5ad", "zarr 2", "zarr 3"])
def test_what_is_replaced_meanwhile_gives_no_result(served, example, form):
    path = FORMATS[form](forty_cells(example), served.folder)
    dataset = open_dataset(f"{served.url}/{path.name}")
    dataset.unchanged()
    file = path if path.is_file() else next(p for p in (path / "zarr.json", path / ".zmetadata") if p.exists())
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(DataError, match="was changed, replaced or removed while it was read"):
        dataset.unchanged()
    dataset.close()


# What is not followed


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("ftp://curie:nium@host/in.h5ad", "ftp://host/in.h5ad is not followed"),
        ("ssh://host/in.zarr", "not followed"),
        ("simplecache::https://curie:nium@host/in.h5ad", "a chain of sources"),
        ("zip://in.h5ad::s3://bucket/all.zip", "a chain of sources"),
        ("https://host/in.h5ad::file:///etc/passwd", "a chain of sources"),
        ("s3://curie:nium@bucket/in.zarr", "s3://bucket/in.zarr was given with a user or a query"),
        ("gs://bucket/in.h5ad?token=hush", "a user or a query"),
        ("https://host/in.zarr?token=hush", "a store is many files"),
        ("https:///in.h5ad", "names no host"),
        ("s3:///in.h5ad", "names no bucket"),
        ("https://host:port/in.h5ad", "its host or port"),
        ("https://curie:po/lo@host/in.h5ad", "its host or port"),
        ("zip://in.h5ad::s3://curie:nium@bucket/all.zip", "zip://in.h5ad::s3://bucket/all.zip has '::'"),
        ("https://[host/in.h5ad", "its host or port"),
        ("https://host/in\n.h5ad", "no URL"),
        ("https://host/" + "a" * 9_000 + ".h5ad", "no end"),
        ("https://host/in.csv", "not read from afar: of a URL .zarr, .h5ad"),
        ("https://host/in.loom", "not read from afar"),
        ("https://host/in.h5ad.gz", "not read from afar"),
        ("s3://bucket/matrix/", "not read from afar"),
        ("https://host", "not read from afar"),
        ("file://host/in.h5ad", "of another machine"),
        (Path("https://host/in.h5ad"), "two slashes .* as text: a Path loses a slash"),
        ("https://curie:nium@host/a b.h5ad", "https://host/a b.h5ad is no URL: .*a space is %20"),
    ],
    ids=str,
)
def test_what_is_not_followed(url, match):
    refused(url, UsageError, match)


@pytest.mark.parametrize("name", ["a::b.h5ad", "host:8080", "x://"])
def test_odd_names_of_files_stay_names(tmp_path, name):
    if name != "x://":  # of one letter is a drive
        assert source_of(name) == Path(name)
    assert source_of(str(tmp_path / name)) == tmp_path / name


@pytest.mark.parametrize("output", ["s3://curie:nium@bucket/out.h5ad", "https://host/out.zarr", "memory://out.csv"])
def test_results_stay_here(served, tmp_path, monkeypatch, example, small, output):
    monkeypatch.chdir(tmp_path)
    example[:30].copy().write_h5ad(tmp_path / "in.h5ad")
    for given in (output, Path(output)):
        with pytest.raises(UsageError, match="is a URL, and results are written to this machine alone") as caught:
            cellfill.impute_file("in.h5ad", given, model=small)
        shown(caught.value)
    with pytest.raises(UsageError, match="is a URL, and results"):
        results_of(["in.h5ad"], output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.h5ad", "served"]


@pytest.mark.parametrize("options", [{"resume": True}, {"dask": "tcp://127.0.0.1:1"}], ids=str)
def test_what_goes_with_files_alone(served, tmp_path, small, options):
    with pytest.raises(UsageError, match="goes with a file of this machine") as caught:
        cellfill.impute_file(f"{served.url_of_user}/in.h5ad", tmp_path / "out.h5ad", model=small, **options)
    shown(caught.value)
    assert not served.asked


def test_the_program_refuses_a_url_as_it_does_an_option(small, tmp_path):
    url = "ftp://curie:nium@host/in.h5ad"
    done = CliRunner().invoke(app, ["impute", url, "-o", str(tmp_path / "out.h5ad"), "--model", str(small)])
    assert done.exit_code == 2
    assert "ftp://host/in.h5ad is not followed" in " ".join(done.output.split())
    assert not [secret for secret in SECRETS if secret in done.output]


@pytest.mark.parametrize(
    ("url", "absent", "told"),
    [
        ("https://host/in.h5ad", "aiohttp", "pip install 'cellfill[remote]'."),
        ("http://host/in.zarr", "fsspec", "pip install 'cellfill[remote]'."),
        ("s3://bucket/in.h5ad", "s3fs", "pip install 'cellfill[remote]' s3fs."),
        ("gs://bucket/in.zarr", "gcsfs", "pip install 'cellfill[remote]' gcsfs."),
    ],
)
def test_a_package_that_is_absent_is_named(monkeypatch, url, absent, told):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingDependencyError) as caught:
        open_dataset(url)
    assert str(caught.value) == f"Reading {url.split(':')[0]}:// needs {absent}: {told}"


# Stores and files of strangers


def edited(path, edit):
    """Change what the gathered metadata of a store say."""
    file = next(p for p in (path / "zarr.json", path / ".zmetadata") if p.exists())
    said = json.loads(file.read_bytes())
    edit(said["consolidated_metadata"]["metadata"] if file.name == "zarr.json" else said["metadata"])
    file.write_text(json.dumps(said))


def pickle_in_2(held):
    held["X/data/.zarray"]["filters"] = [{"id": "pickle"}]


def pickle_in_3(held):
    held["X/data"]["codecs"].append({"name": "numcodecs.pickle"})


def pickle_where_people_write(held):
    """Below a name that stands for a person's own words elsewhere."""
    held["attributes"] = {**held["X/data"], "codecs": [{"name": "numcodecs.pickle"}]}


def brackets(held):
    held.update({f"a{i}/.zattrs": {"a": [[]] * 4_000} for i in range(600)})


def out_of_it(held):
    held["../../other/.zarray"] = held["X/data/.zarray"]


@pytest.mark.parametrize(
    ("version", "edit", "match"),
    [
        (2, pickle_in_2, "asks for the codec 'pickle'"),
        (3, pickle_in_3, "asks for the codec 'pickle'"),
        (3, pickle_where_people_write, "asks for the codec 'pickle'"),
        (2, out_of_it, "leads out of it"),
        (2, brackets, "larger than those of any data"),
    ],
)
def test_a_store_of_a_stranger(served, example, version, edit, match):
    path = write_zarr(version)(forty_cells(example), served.folder)
    edited(path, edit)
    refused(f"{served.url}/in.zarr", DataError, match)


@pytest.mark.parametrize("part", ["data", "indices", "indptr"])
@pytest.mark.parametrize("version", [2, 3])
def test_an_endless_array_of_few_chunks(served, example, version, part):
    path = write_zarr(version)(forty_cells(example), served.folder)
    edited(path, lambda held: held[f"X/{part}/.zarray" if version == 2 else f"X/{part}"].update(shape=[10**12]))
    started = time.process_time()
    refused(f"{served.url}/in.zarr", DataError, "of shape|indptr has")
    assert time.process_time() - started < 5


@pytest.mark.parametrize("version", [2, 3])
def test_metadata_are_read_once(served, example, version):
    """What was checked is what zarr gets, whatever the server says later."""
    write_zarr(version)(forty_cells(example), served.folder)
    dataset = open_dataset(f"{served.url}/in.zarr")
    dataset.matrices[0].rows[0:40]
    dataset.rest()
    dataset.close()
    read = [path for method, path, _, _ in served.asked if method == "GET"]
    described = [path for path in read if path.rsplit("/", 1)[-1][0] in ".z"]
    assert described[-1] == f"/in.zarr/{'zarr.json' if version == 3 else '.zmetadata'}"
    assert set(described) <= {"/in.zarr/zarr.json", "/in.zarr/.zmetadata"}


@pytest.mark.parametrize("version", [2, 3])
def test_a_chunk_that_is_absent_is_not_zeros(served, example, version):
    path = write_zarr(version)(forty_cells(example), served.folder)
    chunk = next(p for p in sorted((path / "X" / "data").rglob("*")) if p.is_file() and p.name.isdigit())
    chunk.unlink()
    dataset = open_dataset(f"{served.url}/in.zarr")
    with pytest.raises(DataError, match=r"chunk X/data/\S+ is absent") as caught:
        dataset.matrices[0].rows[0:40]
    shown(caught.value)
    dataset.close()


def test_metadata_that_are_not_gathered(served, example):
    path = write_zarr(2)(forty_cells(example), served.folder)
    (path / ".zmetadata").unlink()
    refused(f"{served.url}/in.zarr", DataError, "not gathered in one file.*zarr.consolidate_metadata")
    refused(f"{served.url}/none.zarr", DataNotFoundError, "knows no zarr.json or .zmetadata")


def test_a_file_of_a_stranger(served, example, tmp_path):
    (tmp_path / "secret.h5").write_bytes(b"none")
    path = write_h5ad(forty_cells(example), served.folder)
    with h5py.File(path, "r+") as file:
        file["layers/other"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
    refused(f"{served.url}/in.h5ad", DataError, "a link into another file")
    path.write_bytes(b"<html>not here</html>")
    refused(f"{served.url}/in.h5ad", DataError, "cannot be read as .h5ad")


def test_an_old_file_is_to_be_fetched(served):
    with h5py.File(served.folder / "old.h5ad", "w") as file:
        file["obs"] = np.array([(b"a",)], dtype=[("index", "S1")])
        file["var"] = np.array([(b"a",)], dtype=[("index", "S1")])
    refused(f"{served.url}/old.h5ad", DataError, "before 0.7.*fetch it first")


def test_no_collection_while_the_lock_of_h5py_is_held():
    """The bytes come on another thread; an object of h5py that were collected there would wait for ever."""
    seen = []

    class File:
        def read(self, length):
            seen.append(gc.isenabled())
            return b"abcdefgh"[:length] if len(seen) < 9 else b""

        def close(self):
            pass

    buffer = bytearray(20)
    assert PartsOfFile(File()).readinto(buffer) == 20
    assert buffer == b"abcdefghabcdefghabcd"
    assert (seen, gc.isenabled()) == ([False] * 3, True)
    gc.disable()
    try:
        PartsOfFile(File()).readinto(buffer)
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(OSError, match="it ends 4 bytes before"):
        PartsOfFile(File()).readinto(bytearray(20))


def test_what_a_library_says_is_shown_without_secrets():
    remote = source_of("https://curie:po%2Flo%20nium@host/in.h5ad?token=hush")
    said = "404, url='https://curie:po%2Flo%20nium@host/in.h5ad?token=hush', curie:po/lo nium, GET //in?token=hush"
    assert remote.cleared(said) == "404, url='https://host/in.h5ad', ..., GET //in ..."
    assert source_of("https://a:b@host/in.h5ad").cleared("a bad gateway") == "a bad gateway"


def test_what_libraries_decode_of_a_query_is_left_out_too():
    signed = source_of("https://host/in.h5ad?name=UTF-8%27%27cells.h5ad&a=%28b%29&sig=hush")
    for said in (
        "403, url='https://host/in.h5ad?name=UTF-8''cells.h5ad&a=(b)&sig=hush'",
        "403, url='https://elsewhere/of a redirect?x=(1) 2&sig=hush', what follows",
    ):
        assert signed.cleared(said).startswith("403, url='https://")
        assert "hush" not in signed.cleared(said)


@pytest.mark.parametrize(
    ("last", "name"),
    [
        ("%2Ftmp%2Fvictim.h5ad", "victim.h5ad"),
        ("..%2Fup.h5ad", "up.h5ad"),
        ("..%5Cup.h5ad", "up.h5ad"),
        ("a%0Ab%FF.h5ad", "a_b_.h5ad"),
        ("my%20cells%20(1).h5ad", "my cells (1).h5ad"),
        ("..%2F.h5ad", "h5ad"),
    ],
)
def test_a_name_is_one_part_of_a_path(tmp_path, last, name):
    remote = source_of(f"https://host/folder/{last}")
    assert remote.name == name
    (result,) = results_of([remote], tmp_path / "out").values()
    assert result.parent == tmp_path / "out"
