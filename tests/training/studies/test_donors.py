"""One file of several donors trains as so many studies, and any of them can judge."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError, UsageError
from cellfill_training import read_study
from cellfill_training.recipes.recipe import fit_recipe, read_recipe
from cellfill_training.studies.donors import read_labels, split_study
from cellfill_training.studies.roles import read_roles
from cellfill_training.studies.study import remarks
from conftest import DATA
from training.recipes.test_recipe import TEXT


@pytest.fixture(scope="module")
def donors(tmp_path_factory):
    adata = anndata.read_h5ad(DATA / "pbmc3k_400.h5ad")
    names = np.resize(["b", "a", "a", "c"], adata.n_obs).astype(object)
    names[:7] = None
    adata.obs["donor"] = names
    path = tmp_path_factory.mktemp("data") / "cells.h5ad"
    adata.write_h5ad(path)
    return path


def test_every_cell_with_a_label_is_in_one_part(donors):
    study, labels = read_study(donors), read_labels(donors, "donor")
    parts = split_study(study, labels, "donor")
    assert list(parts) == ["a", "b", "c"]
    for label, part in parts.items():
        assert (part.counts != study.counts[np.flatnonzero(labels == label)]).nnz == 0
        assert part.gene_names == study.gene_names
    assert sum(part.counts.shape[0] for part in parts.values()) == study.counts.shape[0] - 7


def test_nothing_to_split_by(donors):
    study = read_study(donors)
    with pytest.raises(DataError, match="nothing to split by"):
        split_study(study, np.full(study.counts.shape[0], ""), "donor")
    with pytest.raises(DataError, match="no column 'patient' in obs"):
        read_labels(donors, "patient")


def test_a_donor_judges_by_its_name(donors):
    training, held_out = read_roles([donors], ["b"], by="donor")
    assert [s.name for s in training] == ["a", "c"]
    assert [s.name for s in held_out] == ["b"]


def test_counts_of_donors_on_disk_are_those_in_memory(donors, tmp_path):
    stored = read_roles([donors], ["b"], by="donor", on_disk=tmp_path)
    for there, here in zip(stored, read_roles([donors], ["b"], by="donor"), strict=True):
        for a, b in zip(there, here, strict=True):
            assert (a.counts[:] != b.counts).nnz == 0
    assert [isinstance(s.counts, sparse.csr_matrix) for s in (*stored[0], *stored[1])] == [False, False, True]


@pytest.mark.parametrize("on_disk", [False, True])
def test_cells_that_train_nothing_are_counted(donors, tmp_path, on_disk):
    training, held_out = read_roles([donors], ["b"], by="donor", on_disk=tmp_path if on_disk else None)
    (line,) = remarks([*training, *held_out])
    assert line == "a, c, b: 7 of 400 cells of cells have no value in donor: left out"


def test_donors_of_two_files_are_told_apart_and_a_file_can_judge_too(donors, tmp_path):
    other = tmp_path / "other.h5ad"
    other.write_bytes(donors.read_bytes())
    further = DATA / "pbmc_donor_a_300.h5ad"
    training, held_out = read_roles([donors, other], ["other/c", str(further)], by="donor")
    assert [s.name for s in training] == ["cells/a", "cells/b", "cells/c", "other/a", "other/b"]
    assert [s.name for s in held_out] == ["pbmc_donor_a_300", "other/c"]


@pytest.mark.parametrize(("hold_out", "message"), [(["a", "b", "c"], "none left"), (["d"], "no study 'd'")])
def test_donors_that_cannot_be_held_out(donors, hold_out, message):
    with pytest.raises(UsageError, match=message):
        read_roles([donors], hold_out, by="donor")


def test_a_recipe_takes_cells_of_one_donor(donors, tmp_path):
    text = TEXT.replace('file = "pbmc3k_400.h5ad"', f'file = "{donors.name}"\ncells = {{ donor = "a" }}', 1)
    text = text.replace('file = "pbmc_donor_a_300.h5ad"', f'file = "{donors.name}"\ncells = {{ donor = "c" }}')
    (tmp_path / "r.toml").write_text(text)
    with pytest.warns(UserWarning, match="196 cells are few"):
        bundle = fit_recipe(read_recipe(tmp_path / "r.toml"), data=donors.parent, out=tmp_path / "model")
    labels = read_labels(donors, "donor")
    assert [s.cells for s in bundle.manifest.studies] == [(labels == "a").sum(), (labels == "c").sum()]


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [('"a"', UsageError, "one column of obs and one value"), ('{ donor = "z" }', DataError, "'z'")],
)
def test_cells_that_a_recipe_cannot_name(donors, tmp_path, cells, error, message):
    text = TEXT.replace('file = "pbmc3k_400.h5ad"', f'file = "{donors.name}"\ncells = {cells}', 1)
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(error, match=message):
        fit_recipe(read_recipe(tmp_path / "r.toml"), data=donors.parent, out=tmp_path / "model")
