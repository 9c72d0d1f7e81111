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


@pytest.mark.parametrize("name", ["some.csv", "some.tsv.gz", "some", "some.h5ad", "some.zarr"])
def test_what_is_to_be_typed_gives_the_genes_asked_for_and_never_makes_them_x(tmp_path, name):
    report = cellfill.impute_file(EXAMPLE, tmp_path / name, model=MODEL, genes=["CD3D", "MS4A1"])
    text = summary(report)
    says = {"some": "some/cellfill_genes.tsv", "some.h5ad": "var", "some.zarr": "var"}.get(
        name, f"{name}.cellfill.tsv"
    )
    assert f"were imputed; {says} says which, and why not the others" in text
    if says != "var":
        assert (tmp_path / says).is_file()
    assert re.search(r"^use +plots of the genes asked for", text, flags=re.M)
    assert "adata.X =" not in text
    code = text.partition("Go on in ")[2].partition("\n")[2]
    names = {}
    exec("\n".join(line.strip() for line in code.splitlines()), names)
    imputed = names["imputed"]
    frame = imputed.to_df() if isinstance(imputed, anndata.AnnData) else imputed
    assert frame.shape == (300, anndata.read_h5ad(EXAMPLE).n_vars if name == "some" else 2)
    assert (frame[["CD3D", "MS4A1"]].to_numpy() > 0).all()


def test_what_is_said_of_a_table_goes_on_small(tmp_path):
    anndata.read_h5ad(EXAMPLE)[:40].to_df().to_csv(tmp_path / "cells.csv")
    report = cellfill.impute_file(tmp_path / "cells.csv", tmp_path / "b.csv", model=MODEL, genes=["CD3D"])
    assert "X holds counts; the table was read with" in summary(report)
