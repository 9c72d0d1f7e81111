"""What an earlier result, or a person, left where a new result is to go."""

import re
from dataclasses import replace

import anndata
import h5py
import numpy as np
import pytest

import cellfill
from cellfill.errors import UsageError
from cellfill.report import write_report
from cellfill.results.ours import digest
from runtime import bundles
from runtime.tasks.known import known_cells


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small")


def from_memory(cells, folder, _path):
    cellfill.annotate(cells, model=folder)
    return cells


def from_file(form):
    def annotate(cells, folder, path):
        getattr(cells, f"write_{form}")(path / f"in.{form}")
        cellfill.annotate_file(path / f"in.{form}", path / f"out.{form}", model=folder, overwrite=True)
        return getattr(anndata, f"read_{form}")(path / f"out.{form}")

    return annotate


WAYS = pytest.mark.parametrize(
    "annotate", [from_memory, from_file("h5ad"), from_file("zarr")], ids=["memory", "h5ad", "zarr"]
)


def corrected(cells):
    types = cells.obs["cell_type"].astype(object)
    types.iloc[0] = "debris"
    cells.obs["cell_type"] = types.astype("category")


def own(cells):
    del cells.obs["cell_type"]
    cells.obs["cell_type"] = "mine"


def number(cells):
    cells.obs["cell_type_probability"] = cells.obs["cell_type_probability"] + np.float32(0.125)


def place(cells):
    cells.obsm["cell_type_probabilities"] = np.ones((cells.n_obs, 2))


@pytest.mark.parametrize(
    ("change", "annotate"),
    [
        (corrected, from_memory),
        (own, from_memory),
        (number, from_memory),
        (place, from_memory),
        (corrected, from_file("h5ad")),
        (place, from_file("h5ad")),
        (corrected, from_file("zarr")),
    ],
)
def test_what_a_person_changed_is_not_written_over(folder, tmp_path, annotate, change):
    cells = annotate(known_cells(), folder, tmp_path)
    change(cells)
    before = cells.copy()
    with pytest.raises(UsageError, match=r"cell_type.*changed since.*--key-added"):
        annotate(cells, folder, tmp_path)
    assert list(cells.obs["cell_type"]) == list(before.obs["cell_type"])


@WAYS
def test_nothing_is_left_of_the_result_of_another_model(folder, tmp_path, annotate):
    cells = annotate(known_cells(), folder, tmp_path)
    written = cells.uns["cellfill_cell_type"]["written"]
    for part, name in (("obs", "cell_type_more"), ("obsm", "cell_type_map")):  # as a model that says more adds
        getattr(cells, part)[name] = np.ones(60) if part == "obs" else np.ones((60, 2))
        written[part][name] = digest(getattr(cells, part)[name])
    cells.obs["cell_type_mine"] = 1
    cells = annotate(cells, folder, tmp_path)
    assert not {"cell_type_more", "cell_type_map"} & {*cells.obs, *cells.obsm}
    assert {"cell_type_mine", "cell_type_typical"} <= set(cells.obs)


def test_a_column_that_is_not_listed_is_not_lost(folder, tmp_path):
    known_cells().write_h5ad(tmp_path / "in.h5ad")
    with h5py.File(tmp_path / "in.h5ad", "r+") as file:
        file["obs"]["cell_type"] = np.arange(60)
    with pytest.raises(UsageError, match=r"obs\['cell_type'\] already"):
        cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=folder)
    cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=folder, key_added="named")
    with h5py.File(tmp_path / "out.h5ad") as file:
        assert list(file["obs"]["cell_type"][:]) == list(range(60))
    report = cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.zarr", model=folder, key_added="named")
    assert "obs['cell_type'] (not listed in its column-order)" in report.record["saw"]


@pytest.mark.parametrize("task", ["annotate", "embed"])
def test_the_line_that_is_suggested_works_on_that_very_file(tmp_path, task):
    def known(raw):
        raw["annotation"]["unknown"]["threshold"] = 0.0

    model, cells = bundles.make(tmp_path / "models" / "small", manifest=known), known_cells()
    cells.obs["cell_type"], cells.obsm["X_small"] = "mine", np.ones((60, 2))
    cells.write_h5ad(tmp_path / "in.h5ad")
    found = cellfill.recommend(tmp_path / "in.h5ad", hub=tmp_path / "models", task=task, offline=True)
    key = {"annotate": "cell_type_cellfill", "embed": "X_small_cellfill"}[task]
    best = replace(found, ranks=(replace(found.ranks[0], stage="measured", verdict="fits"),))
    line = re.search(r"^go on with +cellfill (.*)$", str(best), flags=re.M)[1]
    assert line.endswith(f" --key-added {key}")
    if task == "annotate":  # a page has no line where a model does not fit, as to place these
        write_report(tmp_path / "in.h5ad", tmp_path / "page.html", model=model, task=task)
        assert f"--key-added {key}" in (tmp_path / "page.html").read_text(encoding="utf-8")
    call = {"annotate": cellfill.annotate_file, "embed": cellfill.embed_file}[task]
    call(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=model, key_added=key)
    assert cellfill.recommend(known_cells(), hub=tmp_path / "models", task=task, offline=True).key_added is None


@WAYS
def test_a_record_takes_no_column_with_it_that_is_not_of_its_key(folder, tmp_path, annotate):
    cells = annotate(known_cells(), folder, tmp_path)
    cells.obs["donor"] = "a"
    cells.uns["cellfill_cell_type"]["written"]["obs"]["donor"] = digest(cells.obs["donor"])  # who knows by whom
    assert set(annotate(cells, folder, tmp_path).obs["donor"]) == {"a"}


def test_whose_a_name_is_that_is_taken(folder):
    cells = known_cells()
    cellfill.annotate(cells, model=folder)
    with pytest.raises(UsageError, match=r"already, of another task \(annotate\)"):
        cellfill.embed(cells, model=folder, key_added="cell_type")
