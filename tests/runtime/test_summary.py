"""What the program says after imputing: what the values are for, and no way on where the model is unfit."""

import re
import warnings

import anndata
import pytest

import cellfill
from cellfill.cli.summary import summary
from conftest import DATA, EXAMPLE, MODEL


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What is said of cells that the model fits, and of others, as AnnData and as a table."""
    folder, found = tmp_path_factory.mktemp("said"), {}
    for source, suffix in ((EXAMPLE, "h5ad"), (EXAMPLE, "zarr"), (DATA / "cell_lines_150.h5ad", "h5ad")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the cells that it does not fit
            report = cellfill.impute_file(source, folder / f"{source.stem}.{suffix}", model=MODEL)
        found[source, suffix] = summary(report)
    return found


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_it_says_what_is_for_plots_and_what_for_tests(said, suffix):
    text = said[EXAMPLE, suffix]
    assert re.search(r"^use +plots and clusters; tests.* are for the observed counts$", text, flags=re.M)
    assert "Go on in" in text


def test_what_it_suggests_leaves_the_layer_and_the_observed_counts(said):
    code = said[EXAMPLE, "h5ad"].partition("Go on in scanpy (pip install scanpy):\n")[2]
    names = {}
    exec("\n".join(line.strip() for line in code.splitlines()), names)
    adata, before = names["adata"], anndata.read_h5ad(EXAMPLE)
    imputed = adata.layers["imputed"].copy()
    adata.X.data[:] = 0
    assert (adata.layers["imputed"] != imputed).nnz == 0
    assert (adata.layers["observed"] != before.X).nnz == 0


def test_where_the_model_does_not_fit_nothing_is_suggested(said):
    text = said[DATA / "cell_lines_150.h5ad", "h5ad"]
    assert "WARNING" in text
    assert re.search(r"^use +none: the model does not fit", text, flags=re.M)
    assert "Go on" not in text
    assert "plots" not in text
