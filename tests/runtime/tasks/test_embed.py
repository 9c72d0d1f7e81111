"""Embedding cells: places that depend on the cell alone, and batches that are taken out in closed form."""

import csv

import anndata
import numpy as np
import pytest

import cellfill
from cellfill.errors import DataError, TaskError, UsageError
from cellfill.tasks.embedding.batches import SHRINK, without_batches
from conftest import MODEL
from runtime import bundles
from runtime.tasks.known import known_cells, same


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture
def cells():
    return known_cells()


def test_what_is_added(folder, cells):
    with pytest.warns(cellfill.FitWarning, match="1 cell has no counts in the model's genes, and no place"):
        assert cellfill.embed(cells, model=folder) is None
    places = cells.obsm["X_small"]
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    assert np.isnan(places[-1]).all()
    assert np.isfinite(places[:-1]).all()
    assert cells.uns["cellfill_X_small"]["dimensions"].tolist() == ["1", "2"]


def test_a_cell_s_place_depends_on_that_cell_alone(folder, cells):
    few = cells[10:20].copy()
    cellfill.embed(cells, model=folder)
    cellfill.embed(few, model=folder, key_added="X_few")
    np.testing.assert_allclose(few.obsm["X_few"], cells.obsm["X_small"][10:20], atol=1e-5)


def test_batches_are_taken_out_type_by_type():
    rng = np.random.default_rng(0)
    kinds, batches = rng.integers(0, 3, 3000), rng.integers(0, 2, 3000)
    centres = rng.normal(0, 10, (3, 4))
    shifts = rng.normal(0, 3, (2, 3, 4))  # of its own for each type
    places = (centres[kinds] + shifts[batches, kinds] + rng.normal(0, 0.3, (3000, 4))).astype(np.float32)
    p = np.eye(3, dtype=np.float32)[kinds]
    moved = without_batches(places, p, batches)

    def apart(z, kind):
        return np.linalg.norm(
            z[(kinds == kind) & (batches == 0)].mean(0) - z[(kinds == kind) & (batches == 1)].mean(0)
        )

    for kind in range(3):
        assert apart(moved, kind) < 0.06 * apart(places, kind)
    between = [np.linalg.norm(moved[kinds == i].mean(0) - moved[kinds == j].mean(0)) for i, j in ((0, 1), (1, 2))]
    assert min(between) > 3  # types stay apart


def test_a_type_of_one_batch_and_few_cells_hardly_move():
    places = np.zeros((12, 1), np.float32)
    places[10:] = 8  # two cells of a type in batch 1, ten in batch 0 at 0
    batches = np.array([0] * 10 + [1] * 2)
    moved = without_batches(places, np.ones((12, 1), np.float32), batches)
    assert moved[10, 0] > 8 * (1 - 2 / (2 + SHRINK)) - 0.1
    alone = without_batches(places, np.eye(2, dtype=np.float32)[batches], batches)
    np.testing.assert_allclose(alone, places, atol=1e-6)


def test_one_batch_changes_nothing(folder, cells):
    cells.obs["all"] = "same"
    cellfill.embed(cells, model=folder)
    cellfill.embed(cells, model=folder, batch="all", key_added="X_one")
    np.testing.assert_allclose(cells.obsm["X_one"], cells.obsm["X_small"], atol=1e-5)


@pytest.mark.parametrize("form", ["h5ad", "zarr"])
def test_file_to_file_is_as_in_memory(folder, cells, tmp_path, form):
    getattr(cells, f"write_{form}")(tmp_path / f"in.{form}")
    cellfill.embed_file(
        tmp_path / f"in.{form}", tmp_path / f"out.{form}", model=folder, batch="batch", block_size=7
    )
    cellfill.embed(cells, model=folder, batch="batch", block_size=7)
    written = getattr(anndata, f"read_{form}")(tmp_path / f"out.{form}")
    same(cells, written)
    assert list(written.obsm) == ["X_small"]
    assert written.uns["cellfill_X_small"]["batches"] == 2


def test_a_table_has_a_row_a_cell(folder, cells, tmp_path):
    cells.write_h5ad(tmp_path / "in.h5ad")
    cellfill.embed_file(tmp_path / "in.h5ad", tmp_path / "out.csv", model=folder)
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert list(rows[0]) == ["cell", "X_small:1", "X_small:2"]
    cellfill.embed(cells, model=folder)
    np.testing.assert_allclose(
        [[float(row["X_small:1"]), float(row["X_small:2"])] for row in rows[:-1]],
        cells.obsm["X_small"][:-1],
        rtol=1e-4,
    )


def test_batches_that_are_not_there_are_refused(folder, cells, tmp_path):
    with pytest.raises(DataError, match="no column 'lab'"):
        cellfill.embed(cells, model=folder, batch="lab")
    cells.obs["lab"] = ["a"] * 30 + [None] * 30
    with pytest.raises(DataError, match="30 cells have no batch"):
        cellfill.embed(cells, model=folder, batch="lab")
    plain = bundles.make(tmp_path / "plain", tasks=("embed",))
    with pytest.raises(UsageError, match="knows no cell types"):
        cellfill.embed(cells, model=plain, batch="batch")
    assert list(cells.obsm) == []


def test_a_matrix_that_is_there_is_not_written_over(folder, cells):
    cells.obsm["X_small"] = np.ones((60, 2))
    with pytest.raises(UsageError, match=r"obsm\['X_small'\] already"):
        cellfill.embed(cells, model=folder)
    with pytest.raises(TaskError, match="does not embed"):
        cellfill.embed(cells, model=MODEL)


@pytest.mark.parametrize("key", ["types", "X_other"])
def test_any_key_holds_the_embedding(folder, cells, key):
    cellfill.embed(cells, model=folder, batch="batch")
    cellfill.embed(cells, model=folder, batch="batch", key_added=key)
    np.testing.assert_array_equal(cells.obsm[key], cells.obsm["X_small"])


def test_a_column_that_names_cells_is_no_column_of_batches(folder, cells):
    cells.obs["u"] = [f"c{number}" for number in range(60)]
    with pytest.raises(DataError, match="60 batches, and 60 of the 60 cells are alone in theirs: it names cells"):
        cellfill.embed(cells, model=folder, batch="u")
    cells.obs["u"] = [f"c{max(number, 29)}" for number in range(60)]  # half of the cells in one batch
    cellfill.embed(cells, model=folder, batch="u")
    assert cells.uns["cellfill_X_small"]["batches"] == 31


def test_odd_batches_are_refused_in_words(folder, cells):
    with pytest.raises(UsageError, match="batch is"):
        cellfill.embed(cells, model=folder, batch=["batch"])
    cells.obs = cells.obs.iloc[:, [0, 0]]
    with pytest.raises(DataError, match="several columns 'batch'"):
        cellfill.embed(cells, model=folder, batch="batch")
