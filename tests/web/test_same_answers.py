"""The page gives the values of Python: every format of the same cells, every task."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import cellfill
from cellfill.errors import SpeciesError
from conftest import EXAMPLE, MODEL, ROOT
from runtime.one_dataset import write_10x_h5, write_10x_mtx
from web.conftest import visit
from web.using import PATIENCE, choose, choose_model, problem, run, save

TYPES = ROOT / "model_cards" / "human-pbmc-types"
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def right():
    """What Python says of the example."""
    cells = anndata.read_h5ad(EXAMPLE)
    cellfill.annotate(cells, model=TYPES)
    cellfill.embed(cells, model=TYPES)
    cellfill.impute(cells, model=MODEL)
    return cells


def as_h5ad(cells, folder):
    cells.write_h5ad(folder / "cells.h5ad")
    return [folder / "cells.h5ad"]


def dense_h5ad(cells, folder):
    dense = cells.copy()
    dense.X = dense.X.toarray()
    return as_h5ad(dense, folder)


def by_genes_h5ad(cells, folder):
    turned = cells.copy()
    turned.X = sparse.csc_matrix(turned.X)
    return as_h5ad(turned, folder)


def normalised_h5ad(cells, folder):
    """Of which the counts are known from the values alone."""
    normal = cells.copy()
    depth = np.asarray(normal.X.sum(axis=1)).ravel()
    normal.X = sparse.diags(1e4 / depth).dot(normal.X).log1p().tocsr().astype(np.float32)
    return as_h5ad(normal, folder)


def as_table(cells, folder):
    table = pd.DataFrame(cells.X.toarray().astype(int), index=cells.obs_names, columns=cells.var_names)
    table.to_csv(folder / "cells.csv.gz")
    return [folder / "cells.csv.gz"]


def with_ids(cells):
    cells.var["gene_ids"] = cells.var_names
    return cells


def as_10x_h5(cells, folder):
    return [write_10x_h5(3)(with_ids(cells), folder)]


def as_10x_folder(cells, folder):
    return sorted(write_10x_mtx(3)(with_ids(cells), folder).iterdir())


def as_old_10x_folder(cells, folder):
    return sorted(write_10x_mtx(2, zipped=False)(with_ids(cells), folder).iterdir())


FORMATS = (
    as_h5ad,
    dense_h5ad,
    by_genes_h5ad,
    normalised_h5ad,
    as_10x_h5,
    as_10x_folder,
    as_old_10x_folder,
    as_table,
)


@pytest.mark.parametrize("written", FORMATS)
def test_every_format_of_the_same_cells_is_named_and_placed_as_in_python(
    browser, address, example, right, tmp_path, written
):
    with visit(browser, address) as seen:
        choose(seen.page, *written(example, tmp_path))
        run(seen.page, ("annotate", "embed"))
        table = pd.read_csv(save(seen.page, "CSV of the cells", tmp_path), index_col=0)
    assert list(table.index.astype(str)) == list(right.obs_names)
    assert list(table["cell_type"]) == list(right.obs["cell_type"])
    for column in ("cell_type_probability", "cell_type_typical"):
        np.testing.assert_allclose(table[column], right.obs[column], **CLOSE)
    assert list(table["cell_type_reason"].fillna("")) == list(right.obs["cell_type_reason"])
    places = table.iloc[:, -right.obsm["X_human-pbmc-types"].shape[1] :]
    np.testing.assert_allclose(places, right.obsm["X_human-pbmc-types"], **CLOSE)
    assert seen.elsewhere() == []
    assert seen.complaints == []


def test_imputed_counts_and_which_genes_are_filled_are_those_of_python(browser, address, right, tmp_path):
    """As both do by default: helped by the cells, and only genes that are predicted better than by their mean."""
    with visit(browser, address) as seen:
        choose(seen.page, EXAMPLE)
        run(seen.page)
        found = anndata.read_h5ad(save(seen.page, "AnnData file", tmp_path))
        verdict = seen.page.locator(".verdicts").inner_text()
    assert list(found.obs_names) == list(right.obs_names)
    assert list(found.var_names) == list(right.var_names)
    np.testing.assert_array_equal(found.X.toarray(), right.X.toarray())
    assert list(found.obs["sorted_type"]) == list(right.obs["sorted_type"])
    assert list(found.var["imputed_reason"]) == list(right.var["imputed_reason"])
    np.testing.assert_allclose(
        found.layers["imputed"].toarray(), right.layers["imputed"].toarray(), rtol=1e-5, atol=1e-5
    )
    assert list(found.obs["cell_type"]) == list(right.obs["cell_type"])
    np.testing.assert_allclose(found.obsm["X_human-pbmc-types"], right.obsm["X_human-pbmc-types"], **CLOSE)
    for said in right.uns["cellfill"]["check"]["why"].split(". "):
        assert said.rstrip(".") in verdict
    assert seen.elsewhere() == []


def test_cells_of_another_species_are_refused_in_pythons_words(browser, address, example, tmp_path):
    table = pd.read_csv(ROOT / "model_cards" / "mouse-bone-marrow" / "genes.tsv", sep="\t", keep_default_na=False)
    genes = [symbol for symbol in table["symbol"] if symbol][: example.n_vars]
    cells = example[:, : len(genes)].copy()
    cells.var_names = genes
    cells.write_h5ad(tmp_path / "mouse.h5ad")
    with pytest.raises(SpeciesError) as right:
        cellfill.annotate(cells, model=TYPES)
    with visit(browser, address) as seen:
        choose(seen.page, tmp_path / "mouse.h5ad")
        models = seen.page.locator("#models")
        seen.page.get_by_text("The models (2)").click()
        assert models.inner_text().count("another species") == 2  # by what the list says of them: they are not read
        seen.page.get_by_text("Another model").click()
        choose_model(seen.page, TYPES)
        seen.page.get_by_text(str(right.value).split(". ")[0]).first.wait_for(timeout=PATIENCE)


def test_a_damaged_file_is_refused_in_pythons_words(browser, address, tmp_path):
    whole = EXAMPLE.read_bytes()
    (tmp_path / "cells.h5ad").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(cellfill.CellfillError) as right:
        cellfill.annotate_file(tmp_path / "cells.h5ad", tmp_path / "out.h5ad", model=TYPES)
    with visit(browser, address) as seen:
        choose(seen.page, tmp_path / "cells.h5ad")
        said = problem(seen.page)
    assert said == str(right.value).replace(f"{tmp_path}/", "")
