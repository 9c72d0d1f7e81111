"""On Dask: lazy results for lazy counts, and files filled by the processes of a cluster."""

import asyncio
import concurrent.futures
import json
import os
import signal
import subprocess
import sys

import anndata
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster
from scipy import sparse

import cellfill
from cellfill.errors import DataError, DeviceError, UsageError
from cellfill.readers.identity import fingerprint
from cellfill.runs.on_dask import Applier, _dataset, apply_on_cluster, connect
from conftest import MODEL

CLOSE = {"rtol": 2e-5, "atol": 1e-7}


def values(adata, key="imputed"):
    layer = adata.layers[key]
    return layer.toarray() if sparse.issparse(layer) else np.asarray(layer)


def lazily(adata, *, cells=64):
    """The same cells with X as a Dask array of CSR blocks."""
    blocks = [adata.X[start : start + cells] for start in range(0, adata.n_obs, cells)]
    parts = [da.from_array(block, chunks=block.shape, asarray=False) for block in blocks]
    return anndata.AnnData(da.concatenate(parts), obs=adata.obs, var=adata.var)


def test_a_lazy_matrix_stays_lazy_and_gives_the_same_values(model, example):
    lazy = lazily(example)
    model.impute(lazy)
    layer = lazy.layers["imputed"]
    assert hasattr(layer, "dask")
    assert layer.shape == example.shape
    assert layer.chunks[0] == lazy.X.chunks[0]
    expected = model.impute(example, copy=True)
    computed = layer.compute(scheduler="threads")
    assert sparse.issparse(computed)
    np.testing.assert_allclose(computed.toarray(), values(expected), **CLOSE)
    assert list(lazy.var["imputed_reason"]) == list(expected.var["imputed_reason"])
    assert "zeros_filled" not in lazy.uns["cellfill"]  # nobody has counted them yet
    assert lazy.uns["cellfill"]["genes_imputed"] == expected.uns["cellfill"]["genes_imputed"]


def test_chunks_over_genes_are_joined(model, example):
    few = example[:50].copy()
    lazy = few.copy()
    lazy.X = da.from_array(few.X.toarray(), chunks=(20, 1000))
    model.impute(lazy, calibrate=False)
    expected = model.impute(few, copy=True, calibrate=False)
    np.testing.assert_allclose(lazy.layers["imputed"].compute(scheduler="sync"), values(expected), **CLOSE)


def test_lazy_values_that_are_no_counts_are_refused_when_they_are_read(model, example):
    with pytest.raises(cellfill.CellfillError):
        model.impute(lazily(anndata.AnnData(-example.X, var=example.var)))


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


def test_a_cluster_gives_the_values_of_one_process(model, example, tmp_path, cluster):
    example.write_zarr(tmp_path / "in.zarr")
    report = cellfill.impute_file(
        tmp_path / "in.zarr",
        tmp_path / "out.zarr",
        model=model,
        block_size=32,
        dask=cluster.scheduler_address,
    )
    expected = model.impute(example, copy=True)
    np.testing.assert_allclose(values(anndata.read_zarr(tmp_path / "out.zarr")), values(expected), **CLOSE)
    assert report.record["zeros_filled"] == expected.uns["cellfill"]["zeros_filled"]


def test_a_worker_that_is_killed_loses_nothing(model, example, tmp_path, cluster):
    anndata.concat([example] * 4, index_unique="-", merge="same").write_h5ad(tmp_path / "in.h5ad")
    killed = []

    def kill_one(done, _total):
        if done >= 200 and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    cellfill.impute_file(
        tmp_path / "in.h5ad",
        tmp_path / "out.h5ad",
        model=model,
        block_size=25,
        dask=cluster.scheduler_address,
        on_block=kill_one,
    )
    assert killed
    expected = model.impute(anndata.read_h5ad(tmp_path / "in.h5ad"), copy=True)
    np.testing.assert_allclose(values(anndata.read_h5ad(tmp_path / "out.h5ad")), values(expected), **CLOSE)


class Task:
    """A task of a cluster that forgets some, which are never done, and loses the results of others."""

    def __init__(self, work, given, *, forgotten, lost):
        self._work, self._given, self._forgotten, self._lost = work, given, forgotten, lost
        self.status = "pending" if forgotten else "finished"

    def done(self):
        return not self._forgotten

    def result(self, timeout=None):
        if self._forgotten or self._lost:
            raise TimeoutError(timeout)
        try:
            return self._work(*(part.result() if isinstance(part, Task) else part for part in self._given))
        except Exception:
            self.status = "error"
            raise


class Forgetful:
    """A cluster that loses a worker with tasks and results; each time workers are asked for, time has passed."""

    def __init__(self, *, workers, forgotten=(), lost=(), kind=Task):
        self.workers, self.forgotten, self.lost, self.kind, self.sent = list(workers), forgotten, lost, kind, 0

    def nthreads(self):
        return self.workers.pop(0) if len(self.workers) > 1 else self.workers[0]

    def submit(self, work, *given, pure):
        self.sent += 1
        return self.kind(work, given, forgotten=self.sent in self.forgotten, lost=self.sent in self.lost)


class Rows:
    """Stands for the applier: its blocks are the slices themselves."""


# The second and third time that it is looked the workers are still the same: then one is another.
SEEN = [{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "c": 1}]
# The applier, ten tasks, the applier again, and those that are sent again.
FORTY = 1 + 10 + 1


@pytest.mark.parametrize(
    ("gone", "again"),
    [
        pytest.param({"forgotten": (3, 4)}, 2, id="tasks that are not done"),
        pytest.param({"lost": (3,)}, 1, id="a result, whose task is done"),
        pytest.param({"lost": (3, 5)}, 2, id="results, of which one is found missing later"),
        pytest.param({"forgotten": (3,), "lost": (4,)}, 2, id="a task and a result"),
    ],
)
def test_what_a_cluster_loses_with_a_worker_is_sent_again_once(monkeypatch, gone, again):
    monkeypatch.setattr(Applier, "apply", lambda _, blocks: blocks)
    blocks = [slice(i, i + 1) for i in range(40)]
    client = Forgetful(workers=SEEN, **gone)
    assert list(apply_on_cluster(client, Rows(), blocks)) == blocks
    assert client.sent == FORTY + again


def test_a_result_that_is_long_on_its_way_is_waited_for_longer_and_not_sent_again(monkeypatch):
    waits = []

    class Slow(Task):
        def result(self, timeout=None):
            if timeout is not None and timeout < 100:
                waits.append(timeout)
                raise TimeoutError(timeout)
            return super().result()

    monkeypatch.setattr(Applier, "apply", lambda _, blocks: blocks)
    client = Forgetful(workers=[{"a": 1}], kind=Slow)
    assert list(apply_on_cluster(client, Rows(), [slice(0, 1)])) == [slice(0, 1)]
    assert waits == [20, 40, 80]
    assert client.sent == 2


def test_a_task_that_itself_is_out_of_time_is_an_error_and_not_sent_again(monkeypatch):
    def late(_, blocks):
        raise TimeoutError("the file's server did not answer")

    monkeypatch.setattr(Applier, "apply", late)
    client = Forgetful(workers=SEEN)
    with pytest.raises(DeviceError, match="server did not answer"):
        list(apply_on_cluster(client, Rows(), [slice(0, 1)]))
    assert client.sent == 2


def test_a_scheduler_that_does_not_answer_is_named(model, example, tmp_path):
    example[:20].copy().write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(UsageError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        cellfill.impute_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model, dask="tcp://127.0.0.1:1")
    assert [p.name for p in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("address", ["foo", "tcp://127.0.0.1", "odd://127.0.0.1:8786", "missing.json", ""])
def test_what_is_no_address_is_refused_at_once_and_leaves_nothing_to_close(address):
    code = "import sys; from cellfill.runs.on_dask import connect; connect(sys.argv[1]).__enter__()"
    done = subprocess.run([sys.executable, "-c", code, address], capture_output=True, text=True, check=False)
    assert (
        done.stderr.rstrip()
        .splitlines()[-1]
        .startswith(f"cellfill.errors.UsageError: {address!r} is no address of a Dask scheduler")
    )
    assert "Exception ignored" not in done.stderr


def test_a_host_that_is_not_known_is_named():
    with pytest.raises(UsageError, match=r"No Dask scheduler answers at tcp://nowhere\.invalid:1"):
        connect("tcp://nowhere.invalid:1").__enter__()


def test_a_scheduler_file_stands_for_its_address(cluster, tmp_path):
    (tmp_path / "scheduler.json").write_text(json.dumps({"address": cluster.scheduler_address}))
    with connect(str(tmp_path / "scheduler.json")) as client:
        assert client.scheduler.address == cluster.scheduler_address


def test_workers_read_a_table_the_way_it_was_asked_for(cluster, example, tmp_path):
    """Genes name both axes: only what was asked for tells which of them are the cells."""
    genes = [str(name) for name in example.var_names[:120]]
    table = pd.DataFrame(example.X[:120, :120].toarray().astype(int), index=genes, columns=genes)
    table.to_csv(tmp_path / "square.csv")
    options = {"model": MODEL, "orientation": "genes-in-rows", "min_coverage": 0, "gate": False}
    for name, more in {"here": {}, "there": {"dask": cluster.scheduler_address}}.items():
        cellfill.impute_file(tmp_path / "square.csv", tmp_path / f"{name}.h5ad", **options, **more)
    here, there = (anndata.read_h5ad(tmp_path / f"{name}.h5ad") for name in ("here", "there"))
    np.testing.assert_allclose(values(there), values(here), **CLOSE)


class Gone:
    """A client whose cluster goes away at the so-manieth answer."""

    status = "error"

    def __init__(self, error, after):
        self.error, self.after = error, after

    def answer(self, value=None):
        self.after -= 1
        if self.after < 0:
            raise self.error
        return value

    def nthreads(self):
        return self.answer({"worker": 1})

    def submit(self, *_arguments, **_options):
        return self.answer(self)

    def result(self, timeout):
        return self.answer([])

    def done(self):
        return True


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize(
    "error",
    [
        OSError("Timed out"),
        concurrent.futures.CancelledError("fill"),
        asyncio.CancelledError("fill"),
        TimeoutError(),
        ModuleNotFoundError("No module named 'cellfill'"),
        RuntimeError("cannot schedule new futures after shutdown"),
    ],
    ids=lambda error: f"{type(error).__module__}.{type(error).__name__}",
)
def test_a_cluster_that_goes_away_is_one_error_of_one_line(error, after):
    blocks = [slice(start, start + 1) for start in range(9)]
    with pytest.raises(DeviceError, match="The Dask cluster did not finish the work: ") as found:
        list(apply_on_cluster(Gone(error, after), None, blocks))
    assert found.value.exit_code == 5


def test_what_a_worker_refuses_stays_what_it_is():
    with pytest.raises(DataError, match="no counts"):
        list(apply_on_cluster(Gone(DataError("no counts"), 3), None, [slice(0, 1)]))


def test_a_worker_does_not_read_a_file_that_was_replaced_since(example, tmp_path):
    """Nor the one that it opened for an earlier run."""
    path = tmp_path / "in.h5ad"
    example[:20].copy().write_h5ad(path)
    before = fingerprint(path)
    assert _dataset(str(path), "auto", before).cells == 20
    example[:30].copy().write_h5ad(tmp_path / "new.h5ad")
    (tmp_path / "new.h5ad").rename(path)
    assert _dataset(str(path), "auto", fingerprint(path)).cells == 30
    _dataset.cache_clear()
    with pytest.raises(DataError, match="see another"):
        _dataset(str(path), "auto", before)
