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
        found[source, suffix, "verbose"] = summary(report, verbose=True)
    return found


# What only --verbose says: figures without which a biologist can go on, and words of those who made the model.
_FOR_FEW = ("sha256", "input genes", "gene levels", "policy", "estimate", "seconds", "Poisson", "likeness", "nats")


@pytest.mark.parametrize("source", [EXAMPLE, DATA / "cell_lines_150.h5ad"], ids=lambda source: source.stem)
def test_the_verdict_comes_first_with_a_percentage_and_the_figures_only_when_asked_for(said, source):
    text, all_of_it = said[source, "h5ad"], said[source, "h5ad", "verbose"]
    verdict = "fits" if source == EXAMPLE else "does not fit"
    assert re.match(rf"{verdict}: (by itself, )?it predicts .*\d%.*\n\n", text)
    assert not [word for word in _FOR_FEW if word in text]
    assert all_of_it.splitlines()[0] == text.splitlines()[0]
    assert {"sha256", "input genes", "gene levels", "policy"} <= {word for word in _FOR_FEW if word in all_of_it}
    assert len(text.splitlines()) < len(all_of_it.splitlines())


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
    assert (adata.layers["counts"] != before.X).nnz == 0


def test_where_the_model_does_not_fit_nothing_is_suggested(said):
    text = said[DATA / "cell_lines_150.h5ad", "h5ad"]
    assert re.search(r"^WARNING +Do not use the imputed counts.*cellfill recommend", text, flags=re.M)
    assert "Go on" not in text
    assert "plots" not in text
