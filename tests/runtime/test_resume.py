"""What two runs of a journal must have in common, and that only one works in it."""

import json
import os
import sys
import types

import numpy as np
import pytest

from cellfill.errors import OutputError, UsageError
from cellfill.file_run import impute_file
from cellfill.resume import Journal, fingerprint

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
pytest.importorskip("zarr")


def touch_nothing(_folder):
    pass


def rewrite_a_chunk(folder):
    chunk = next(file for file in sorted((folder / "X" / "data").rglob("*")) if file.is_file())
    times = chunk.stat()
    chunk.write_bytes(chunk.read_bytes())
    os.utime(chunk, ns=(times.st_atime_ns, times.st_mtime_ns + 1))


def add_a_file(folder):
    (folder / "X" / "data" / "more").write_bytes(b"x")


def rename_a_file(folder):
    next(file for file in (folder / "X").rglob("*") if file.is_file()).rename(folder / "X" / "other")


@pytest.mark.parametrize(
    ("change", "same"),
    [(touch_nothing, True), (rewrite_a_chunk, False), (add_a_file, False), (rename_a_file, False)],
)
def test_a_change_inside_a_store_is_seen(example, tmp_path, change, same):
    path = tmp_path / "in.zarr"
    example[:20].copy().write_zarr(path)
    before, own = fingerprint(path), path.stat().st_mtime_ns
    change(path)
    assert (fingerprint(path) == before) is same
    assert path.stat().st_mtime_ns == own


def test_a_file_is_known_by_its_size_and_time(tmp_path):
    path = tmp_path / "in.h5ad"

    def of(content, time):
        path.write_bytes(content)
        os.utime(path, ns=(time, time))
        return fingerprint(path)

    assert of(b"abc", 5) == of(b"abc", 5)
    assert len({of(b"abc", 5), of(b"abc", 6), of(b"abcd", 5)}) == 3


def test_a_run_on_a_store_that_changed_is_another_run(model, example, tmp_path):
    def stop(done, _all):
        if done >= 10:
            raise KeyboardInterrupt

    source = tmp_path / "in.zarr"
    example[:20].copy().write_zarr(source)
    options = {"model": model, "block_size": 5, "resume": True}
    with pytest.raises(KeyboardInterrupt):
        impute_file(source, tmp_path / "out.h5ad", on_block=stop, **options)
    rewrite_a_chunk(source)
    with pytest.raises(UsageError, match="another run"):
        impute_file(source, tmp_path / "out.h5ad", **options)


def test_a_table_that_is_read_the_other_way_round_is_another_run(model, example, tmp_path):
    def stop(done, _all):
        if done >= 10:
            raise KeyboardInterrupt

    source = tmp_path / "in.csv"
    genes = list(example.var_names[:400])
    table = example[:20, genes].to_df()
    table.index = genes[-20:]  # the names of either axis may be genes
    table.to_csv(source)
    options = {"model": model, "block_size": 5, "resume": True, "min_coverage": 0, "gate": False}
    with pytest.raises(KeyboardInterrupt):
        impute_file(source, tmp_path / "out.h5ad", on_block=stop, orientation="cells-in-rows", **options)
    with pytest.raises(UsageError, match="another run"):
        impute_file(source, tmp_path / "out.h5ad", orientation="genes-in-rows", **options)


def test_options_may_be_numbers_of_numpy(model, example, tmp_path):
    example[:20].copy().write_h5ad(tmp_path / "in.h5ad")
    given = {"block_size": np.int64(5), "threads": np.uint8(2), "drop_below": np.float32(0.25)}
    given |= {"min_coverage": np.float16(0), "gate": np.False_, "calibrate": np.True_}
    own = {name: value.item() for name, value in given.items()}
    records = []
    for name, options in (("a", given), ("b", own)):
        target = tmp_path / f"{name}.h5ad"
        records.append(impute_file(tmp_path / "in.h5ad", target, model=model, resume=True, **options).record)
    assert json.dumps(records[0]) == json.dumps(records[1])


def test_two_runs_do_not_share_a_journal_on_windows_either(tmp_path, monkeypatch):
    held = set()

    def locking(number, how, length):
        assert (how, length) == (msvcrt.LK_NBLCK, 1)
        place = os.fstat(number).st_ino
        if place in held:
            raise PermissionError(13, "Permission denied")
        held.add(place)

    msvcrt = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    first = Journal(tmp_path / "out.h5ad", {"run": 1})
    with pytest.raises(OutputError, match="another process"):
        Journal(tmp_path / "out.h5ad", {"run": 1})
    first.remove()
    assert list(tmp_path.iterdir()) == []
