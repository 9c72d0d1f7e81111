"""What must not change the values of an imputation: blocks, threads, the order of cells and of genes."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellfill.counts.find import ColumnNames
from cellfill.counts.in_blocks import InMemory
from cellfill.counts.matrix import as_counts
from cellfill.runs.carry import run_blocks
from cellfill.tasks.imputation.options import ImputeMatrixOptions
from cellfill.tasks.imputation.prepare import prepare
from cellfill.tasks.imputation.task import Impute, Ready

CLOSE = {"rtol": 2e-5, "atol": 1e-7}
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Collected:
    blocks: list = field(default_factory=list)

    def add(self, block):
        self.blocks.append(block)


@pytest.fixture(scope="module")
def cells(_example):
    """24 cells and the genes that most of them have; no calibration, which the choice of cells may change."""
    few = _example[:24]
    kept = np.argsort(-np.asarray((few.X > 0).sum(axis=0)).ravel(), kind="stable")[:1500]
    return as_counts(few.X[:, kept]), list(few.var_names[kept])


def run(model, counts, names, *, dense=True, **options):
    chosen = ImputeMatrixOptions(**{"calibrate": False, "min_coverage": 0.0} | options)
    source, sink = InMemory(counts), Collected()
    named = ColumnNames(spellings=[names])
    prepared = prepare(model.opened, source, named, chosen, cells=counts.shape[0], dense=dense)
    ready = Ready(task=Impute(model=model.opened, options=chosen, key="imputed"), prepared=prepared)
    gathered = run_blocks(ready, source, sink.add, chosen, cells=counts.shape[0])
    done = prepared.done(cells=counts.shape[0], tally=gathered.tally)
    whole = [block if dense else block.toarray() for block in sink.blocks]
    return np.concatenate(whole), done


@FEW
@given(
    block_size=st.integers(1, 40),
    threads=st.integers(1, 6),
    calibrate=st.booleans(),
    dense=st.booleans(),
    policy=st.sampled_from(["zeros", "max", "all"]),
)
def test_blocks_and_threads_do_not_change_values(model, cells, block_size, threads, calibrate, dense, policy):
    options = {"calibrate": calibrate, "policy": policy}
    expected, told = run(model, *cells, **options)
    found, done = run(model, *cells, block_size=block_size, threads=threads, dense=dense, **options)
    np.testing.assert_allclose(found, expected, **CLOSE)
    assert (done.zeros_filled, done.empty_cells) == (told.zeros_filled, told.empty_cells)


@FEW
@given(seed=st.integers(0, 2**32 - 1), estimate=st.sampled_from(["expected", "expressed", "posterior"]))
def test_the_order_of_cells_and_genes_does_not_change_values(model, cells, seed, estimate):
    counts, names = cells
    random = np.random.default_rng(seed)
    rows, columns = random.permutation(counts.shape[0]), random.permutation(counts.shape[1])
    expected, _ = run(model, counts, names, estimate=estimate)
    moved, _ = run(model, counts[rows][:, columns].tocsr(), [names[i] for i in columns], estimate=estimate)
    np.testing.assert_allclose(moved, expected[rows][:, columns], **CLOSE)


@FEW
@given(
    kept=st.lists(st.integers(0, 23), min_size=1, max_size=24, unique=True),
    estimate=st.sampled_from(["expected", "expressed", "posterior"]),
)
def test_a_cell_is_imputed_from_itself_alone(model, cells, kept, estimate):
    counts, names = cells
    expected, _ = run(model, counts, names, estimate=estimate, gate=False)
    found, _ = run(model, counts[kept], names, estimate=estimate, gate=False)
    np.testing.assert_allclose(found, expected[kept], **CLOSE)


@FEW
@given(estimate=st.sampled_from(["expected", "expressed", "posterior"]), below=st.floats(0, 0.99))
def test_policies_agree_with_each_other(model, cells, estimate, below):
    counts, names = cells
    observed = counts.toarray()
    every, done = run(model, counts, names, estimate=estimate, policy="all")
    larger, _ = run(model, counts, names, estimate=estimate, policy="max")
    zeros, told = run(model, counts, names, estimate=estimate, drop_below=below)
    assert np.isfinite(every).all()
    assert (every >= 0).all()
    np.testing.assert_allclose(larger, np.maximum(every, observed), **CLOSE)
    filled = np.where(every < np.float32(below), 0, every)
    near = np.isclose(every, below, rtol=1e-4)
    expected = np.where(observed > 0, observed, filled)
    np.testing.assert_allclose(np.where(near, 0, zeros), np.where(near, 0, expected), **CLOSE)
    imputed = done.alignment.target_columns
    assert told.zeros_filled == ((observed == 0) & (zeros > 0))[:, imputed].sum()
    others = np.setdiff1d(np.arange(len(names)), imputed)
    np.testing.assert_array_equal(every[:, others], observed[:, others])
