"""What two runs of a journal must have in common, and that only one works in it."""

import json
import os
import sys
import time
import types

import numpy as np
import pytest
from scipy import sparse

from cellfill.calls.imputing import impute_file
from cellfill.errors import OutputError, UsageError
from cellfill.readers.identity import fingerprint
from cellfill.results.named import Block
from cellfill.runs.journal import Journal

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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say when a file last changed in any way")
def test_a_run_that_goes_on_sees_a_change_whose_time_was_set_back(tmp_path):
    path = tmp_path / "in.h5ad"
    path.write_bytes(b"abc")
    before, about = fingerprint(path, changed=True), path.stat()
    time.sleep(0.02)  # the clock of some file systems ticks a hundred times a second
    path.write_bytes(b"abd")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert fingerprint(path, changed=True) != before


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
    first = Journal(tmp_path / "out.h5ad", {"run": 1}, genes=3)
    with pytest.raises(OutputError, match="another process"):
        Journal(tmp_path / "out.h5ad", {"run": 1}, genes=3)
    first.remove()
    assert list(tmp_path.iterdir()) == []


ROWS = [slice(0, 4), slice(4, 8), slice(8, 10)]


def block(start, *, cells=4, dense=False, change=lambda values: values):
    """Return a block of cells x 3 genes, whose values say which it is."""
    values = change(np.arange(start, start + 3 * cells, dtype=np.float32).reshape(cells, 3))
    return Block(layer=values if dense else sparse.csr_matrix(values), tally={"zeros_filled": 1})


def journal(tmp_path, run=1):
    return Journal(tmp_path / "out.h5ad", {"run": run}, genes=3)


def starts(found):
    """Return the last value of every block."""
    return [float(part.layer.max()) for part in found]


def begin(tmp_path, *, dense=False, blocks=None):
    begun = journal(tmp_path)
    for part in blocks or (block(0, dense=dense), block(100, dense=dense), block(200, cells=2, dense=dense)):
        begun.keep(part)
    begun.close()
    return sorted(begun.folder.glob("*.npz"))


def copied_over(kept, tmp_path):
    kept[1].write_bytes(kept[0].read_bytes())


def renamed(kept, tmp_path):
    kept[1].unlink()
    kept[0].rename(kept[1].with_name(kept[0].name.replace("0000000.", "0000001.")))


def of_another_run(kept, tmp_path):
    other = Journal(tmp_path / "else.h5ad", {"run": 2}, genes=3)
    for part in (block(0), block(500)):
        other.keep(part)
    other.close()
    (theirs,) = other.folder.glob("0000001*")
    kept[1].unlink()
    theirs.rename(kept[1].with_name(theirs.name))


def written_again(kept, tmp_path):
    with np.load(kept[1]) as found:
        parts = dict(found)
    parts[next(name for name in ("0 data", "0 values") if name in parts)][:] = 7
    np.savez(str(kept[1]), **parts)


def linked(kept, tmp_path):
    kept[1].rename(tmp_path / "elsewhere.npz")
    kept[1].symlink_to(tmp_path / "elsewhere.npz")


def a_pipe(kept, tmp_path):
    kept[1].unlink()
    os.mkfifo(kept[1])


def without_end(kept, tmp_path):
    os.truncate(kept[1], 1 << 40)


@pytest.mark.parametrize("dense", [False, True])
def test_blocks_that_were_kept_come_back(tmp_path, dense):
    begin(tmp_path, dense=dense)
    again = journal(tmp_path)
    found = list(again.blocks(ROWS))
    assert starts(found) == [11, 111, 205]
    assert isinstance(found[0].layer, np.ndarray) is dense
    again.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize(
    "spoil", [copied_over, renamed, of_another_run, written_again, linked, a_pipe, without_end]
)
def test_a_block_that_this_run_did_not_make_does_not_count(tmp_path, spoil):
    kept = begin(tmp_path)
    spoil(kept, tmp_path)
    again = journal(tmp_path)
    assert starts(again.blocks(ROWS)) in ([11], [])
    assert again.kept in (0, 1)
    while again.kept < 3:
        again.keep((block(0), block(100), block(200, cells=2))[again.kept])
    again.close()
    last = journal(tmp_path)
    assert starts(last.blocks(ROWS)) == [11, 111, 205]
    last.remove()


@pytest.mark.parametrize(
    "wrong",
    [
        block(100, cells=3),
        block(100, change=lambda v: v[:, :2]),
        block(100, change=lambda v: v * np.nan),
        block(100, change=lambda v: v * np.inf),
        block(100, change=lambda v: -v),
        block(100, change=lambda v: v.astype(int)),
        block(100, change=lambda v: v.astype(int), dense=True),
        block(100, change=lambda v: v[:, :2], dense=True),
        block(100, change=lambda v: -v, dense=True),
        Block(layer=block(100).layer, tally={"zeros_filled": -1}),
        Block(layer=block(100).layer, tally={"zeros_filled": 4 * 3 + 1}),
        Block(layer=block(100).layer, obs={"cell_type": np.array(["B cell"] * 3)}),
        Block(layer=block(100).layer, obsm={"X_model": np.zeros((5, 2))}),
    ],
)
def test_a_block_that_no_run_makes_does_not_count_though_its_hash_is_right(tmp_path, wrong):
    begin(tmp_path, blocks=[block(0), wrong])
    assert starts(journal(tmp_path).blocks(ROWS)) == [11]


def test_columns_beyond_the_genes_do_not_count(tmp_path):
    wrong = block(100)
    wrong.layer.indices[-1] = 10**6
    begin(tmp_path, blocks=[block(0), wrong])
    assert starts(journal(tmp_path).blocks(ROWS)) == [11]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize("name", ["writing", "in_use", "run.json", "folder"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_links_and_pipes_are_not_followed(tmp_path, name, kind):
    """What a link names stays as it is, and nobody waits for a pipe."""
    mine = tmp_path / "mine"
    mine.write_text("mine")
    folder = tmp_path / "out.h5ad.unfinished"
    if name != "folder":
        folder.mkdir()
    odd = folder if name == "folder" else folder / name
    odd.symlink_to(tmp_path if name == "folder" else mine) if kind == "link" else os.mkfifo(odd)
    if name == "writing":  # is of nobody: it is taken away
        begin(tmp_path)
        assert starts(journal(tmp_path).blocks(ROWS)) == [11, 111, 205]
    else:
        with pytest.raises((OutputError, UsageError)):
            journal(tmp_path)
    assert mine.read_text() == "mine"


def test_the_beginning_of_another_run_is_read_no_further_than_it_differs(tmp_path):
    begin(tmp_path)
    os.truncate(tmp_path / "out.h5ad.unfinished" / "run.json", 1 << 40)
    with pytest.raises(UsageError, match="another run"):
        journal(tmp_path)
