"""What counts as the same when two checkouts are compared, and what does not."""

import gzip
import json

import h5py
import pytest

from house.contents import CONTENT, DIFFERENT, SAME, compare


def packed(text, time):
    return gzip.compress(text, mtime=time)


def said(**kept):
    return json.dumps(kept).encode()


@pytest.mark.parametrize(
    ("name", "one", "other", "verdict"),
    [
        ("out.csv", b"1,2\n", b"1,2\n", SAME),
        ("out.csv", b"1,2\n", b"1,3\n", DIFFERENT),
        ("matrix.mtx.gz", packed(b"1 2", 1), packed(b"1 2", 2), CONTENT),
        ("matrix.mtx.gz", packed(b"1 2", 1), packed(b"1 3", 1), DIFFERENT),
        ("stdout.txt", said(cells=3, seconds=1.5), said(cells=3, seconds=2.5), SAME),
        ("stdout.txt", said(cells=3, seconds=1.5), said(cells=4, seconds=1.5), DIFFERENT),
        ("stdout.txt", said(a=1, b=2), said(b=2, a=1), DIFFERENT),
        ("stderr.txt", b"cells 3\nseconds   3.4 on the cpu\n", b"cells 3\nseconds   4.5 on the cpu\n", SAME),
        ("stderr.txt", b"cells 3\nseconds   3.4 on the cpu\n", b"cells 4\nseconds   3.4 on the cpu\n", DIFFERENT),
        ("stderr.txt", b"epoch 1: 4 to 5 s left\n", b"epoch 1: 1 to 2 s left\n", SAME),
        ("stderr.txt", b"epoch 1: 4 to 5 s left\n", b"epoch 2: 4 to 5 s left\n", DIFFERENT),
        ("fit.history.tsv", b"1\t-2.5\t4\t0.26\n", b"1\t-2.5\t4\t0.33\n", SAME),
        ("fit.history.tsv", b"1\t-2.5\t4\t0.26\n", b"1\t-2.6\t4\t0.26\n", DIFFERENT),
    ],
)
def test_bytes_count_but_for_what_cannot_repeat(tmp_path, name, one, other, verdict):
    for side, content in (("before", one), ("after", other)):
        (tmp_path / side).mkdir()
        (tmp_path / side / name).write_bytes(content)
    assert compare(tmp_path / "before", tmp_path / "after")[0] == verdict


@pytest.mark.parametrize(
    ("values", "dtype", "unit", "more", "verdict"),
    [
        ([1, 2], "f4", "counts", [], CONTENT),
        ([1, 3], "f4", "counts", [], DIFFERENT),
        ([1, 2], "f2", "counts", [], DIFFERENT),
        ([1, 2], "f4", "log", [], DIFFERENT),
        ([1, 2], "f4", "counts", ["another"], DIFFERENT),
    ],
)
def test_hdf5_is_compared_by_every_dataset_and_attribute(tmp_path, values, dtype, unit, more, verdict):
    def write(side, *, values, dtype, unit, more, room):
        (tmp_path / side).mkdir()
        with h5py.File(tmp_path / side / "out.h5ad", "w", userblock_size=room) as file:
            file["uns/words"] = "text"
            file.create_dataset("X", data=values, dtype=dtype).attrs["unit"] = unit
            for name in more:
                file.create_group(name)

    write("before", values=[1, 2], dtype="f4", unit="counts", more=[], room=0)
    write("after", values=values, dtype=dtype, unit=unit, more=more, room=512)
    assert compare(tmp_path / "before", tmp_path / "after")[0] == verdict


def test_a_file_of_one_side_alone_or_nothing_at_all_is_a_difference(tmp_path):
    for side in ("before", "after"):
        (tmp_path / side).mkdir()
    assert compare(tmp_path / "before", tmp_path / "after")[0] == DIFFERENT
    (tmp_path / "after" / "out.csv").write_text("1\n")
    assert compare(tmp_path / "before", tmp_path / "after") == (DIFFERENT, "written by one alone: out.csv")
    assert compare(tmp_path / "before", tmp_path / "none")[0] == DIFFERENT
