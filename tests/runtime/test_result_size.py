"""How large a result is: said before it is, refused where it has no room, and smaller by what costs nothing."""

import shutil
import zlib
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest
import scanpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import cellfill
from cellfill.calls.on_files import Report
from cellfill.cli.summary import _size, size_ahead
from cellfill.errors import OutputError
from cellfill.tasks.imputation.fill import round_values
from cellfill.text.reasons import reason
from cellfill.writers.check import check_space
from cellfill.writers.packing import packed, packs
from conftest import EXAMPLE

QUICK = {"gate": False, "calibrate": False}
DEFLATE, SHUFFLE = 1, 2  # the numbers of HDF5's own filters


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """A file of 100 cells."""
    path = tmp_path_factory.mktemp("cells") / "in.h5ad"
    anndata.read_h5ad(EXAMPLE)[::3].copy().write_h5ad(path)
    return path


def filters(dataset):
    plan = dataset.id.get_create_plist()
    return [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]


def unpacked(stored, like):
    planes = np.frombuffer(zlib.decompress(stored), np.uint8).reshape(like.dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(like.dtype).reshape(like.shape)


@pytest.mark.parametrize("name", ["out.h5ad", "out.zarr", "out.csv.gz", "out10x"])
@pytest.mark.parametrize("more", [{}, {"rounded": True}, {"drop_below": 0.05}], ids=["all", "rounded", "dropped"])
def test_the_size_is_said_before_and_is_true(model, cells, tmp_path, name, more):
    said = []
    report = cellfill.impute_file(
        cells,
        tmp_path / name,
        model=model,
        block_size=40,
        on_size=lambda *sizes: said.append(sizes),
        on_block=lambda done, _cells: said.append(done),
        **QUICK,
        **more,
    )
    (first, (expected, given), *others) = said
    assert (first, others) == (40, [80, 100])
    assert given == report.input_bytes == cells.stat().st_size
    assert report.bytes / 2 < expected < report.bytes * 2


def free(monkeypatch, number):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=number))


@pytest.mark.parametrize(
    ("more", "free_bytes", "message"),
    [
        (
            {},
            3_000_000,
            r"3 MB free; the result needs at least 9 MB. Write elsewhere, or see --rounded and --",
        ),
        ({"drop_below": 0.05}, 1_000_000, "1 MB free; the result needs about 3 MB more"),
    ],
    ids=["told by the genes", "told by the first block"],
)
def test_a_disk_that_is_too_small_is_refused_before_the_work(
    model, tmp_path, monkeypatch, more, free_bytes, message
):
    free(monkeypatch, free_bytes)
    done = []
    with pytest.raises(OutputError, match=message):
        cellfill.impute_file(
            EXAMPLE, tmp_path / "out.h5ad", model=model, on_block=lambda *n: done.append(n), **QUICK, **more
        )
    assert done == []
    assert list(tmp_path.iterdir()) == []


def test_only_what_a_command_has_is_advised(tmp_path, monkeypatch):
    free(monkeypatch, 1_000_000)
    with pytest.raises(OutputError, match=r"at least 2 MB\. Write elsewhere\.$"):
        check_space(tmp_path, 2_000_000, layered=False)


def test_a_disk_that_fills_is_said_in_the_words_of_the_system():
    hdf5 = (
        "[Errno 28] Can't synchronously write data (file write failed: time = Sat Nov 28 12:00:00\n, filename = "
        f"'{'long/' * 60}out.h5ad', file descriptor = 5, errno = 28, error message = 'No space left on device', buf"
    )
    assert reason(OSError(hdf5)) == "No space left on device"
    other = "it failed (errno = 2, error message = 'No such file')"
    assert reason(OSError(other)) == other


@pytest.mark.parametrize("name", ["out.csv", "out10x"])
def test_so_is_a_text_that_has_no_room(model, tmp_path, monkeypatch, name):
    free(monkeypatch, 5_000_000)
    with pytest.raises(OutputError, match="the result needs about"):
        cellfill.impute_file(EXAMPLE, tmp_path / name, model=model, **QUICK)
    assert list(tmp_path.iterdir()) == []


def test_a_result_in_the_space_of_an_earlier_one_is_not_refused(model, cells, tmp_path, monkeypatch):
    first = cellfill.impute_file(cells, tmp_path / "one.h5ad", model=model, **QUICK)
    free(monkeypatch, first.bytes + 100_000)  # the copy, and no second layer
    again = cellfill.impute_file(tmp_path / "one.h5ad", tmp_path / "two.h5ad", model=model, **QUICK)
    assert again.bytes < first.bytes * 1.1


@pytest.mark.parametrize("more", [{}, {"rounded": True}, {"interval": 0.9}], ids=["default", "rounded", "bounds"])
def test_a_packed_result_is_what_any_reader_finds(model, cells, tmp_path, more):
    path = tmp_path / "out.h5ad"
    cellfill.impute_file(cells, path, model=model, **QUICK, **more)
    expected = model.impute(anndata.read_h5ad(cells), copy=True, **QUICK, **more)
    for read in (anndata.read_h5ad, scanpy.read_h5ad):
        found = read(path)
        for layer in expected.layers:
            assert abs(found.layers[layer] - expected.layers[layer]).max() < 1e-4
            assert found.layers[layer].has_canonical_format
    with h5py.File(path) as file:
        layer = file["layers/imputed"]
        assert filters(layer["indices"]) == [SHUFFLE, DEFLATE]
        assert layer["indices"].id.get_storage_size() < 0.1 * layer["indices"].nbytes
        assert filters(layer["data"]) == ([SHUFFLE, DEFLATE] if "rounded" in more else [])
        if "interval" in more:
            assert filters(file["layers/imputed_upper/data"]) == [SHUFFLE, DEFLATE]


def test_rounding_leaves_counts_and_spares_half_the_file(model, cells, tmp_path):
    plain, rounded = (
        cellfill.impute_file(cells, tmp_path / f"{how}.h5ad", model=model, rounded=how, **QUICK)
        for how in (False, True)
    )
    assert rounded.bytes < 0.55 * plain.bytes
    a, b = (anndata.read_h5ad(report.output) for report in (plain, rounded))
    assert (a.uns["cellfill"]["rounded"], b.uns["cellfill"]["rounded"]) == (False, True)
    exact, near = a.layers["imputed"].toarray(), b.layers["imputed"].toarray()
    observed = a.X.toarray()
    np.testing.assert_array_equal(near[observed > 0], observed[observed > 0])
    np.testing.assert_allclose(near, exact, rtol=1 / 2048, atol=0)
    assert (near != exact).mean() > 0.5
    assert len(np.unique(near[observed == 0].view(np.uint32) & 0x1FFF)) == 1


@given(npst.arrays(np.float32, 20, elements=st.floats(0, 2.0**100, width=32, allow_subnormal=False)))
def test_a_value_is_rounded_to_the_nearest_of_eleven_digits(values):
    found = values.copy()
    round_values(found)
    whole, power = np.frexp(values.astype(np.float64))
    np.testing.assert_array_equal(found, np.ldexp(np.rint(whole * 2048) / 2048, power))  # rint: a half to even


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32, np.int64])
@pytest.mark.parametrize("shape", [(0,), (5,), (1000,), (7, 3)])
def test_what_is_packed_is_found_again(dtype, shape):
    chunk = (np.random.default_rng(0).random(shape) * 1000).astype(dtype)
    if chunk.size:
        np.testing.assert_array_equal(unpacked(packed(chunk), chunk), chunk)
    assert packs(np.zeros(shape, dtype)) == bool(np.zeros(shape).size > 100) or chunk.size < 100


def test_noise_is_not_packed():
    assert not packs(np.random.default_rng(0).random(10_000, dtype=np.float32))
    assert packs(np.arange(10_000, dtype=np.int32))


@pytest.mark.parametrize(
    ("name", "size", "more", "words"),
    [
        ("o.h5ad", 60e6, {}, " (60.0 MB; 20 times the input; --rounded makes it smaller)"),
        ("o.zarr", 60e6, {"rounded": True}, " (60.0 MB; 20 times the input; --drop-below 0.05 makes it smaller)"),
        ("o.csv", 60e6, {}, " (60.0 MB; 20 times the input; --drop-below 0.05 makes it smaller)"),
        ("o.h5ad", 60e6, {"rounded": True, "drop_below": 0.1}, " (60.0 MB; 20 times the input)"),
        ("o.h5ad", 6e6, {}, " (6.0 MB)"),
        ("o.h5ad", 0, {}, ""),
    ],
)
def test_a_large_result_names_what_makes_it_smaller(name, size, more, words):
    record = {"rounded": False, "drop_below": 0.0} | more
    report = Report(output=Path(name), seconds=1.0, record=record, bytes=int(size), input_bytes=3_000_000)
    assert _size(report) == words


def test_a_large_result_is_announced():
    assert size_ahead(93_000_000, 4_000_000) == "The result will have about 93 MB, 23 times the input."
    assert size_ahead(93_000_000, 40_000_000) == "The result will have about 93 MB."
    assert size_ahead(9_000_000, 40_000) == ""
