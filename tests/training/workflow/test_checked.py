"""Checking models that were just trained: of a count likelihood, and of DeepImpute's loss, which has no mean."""

import anndata
import numpy as np
import pandas as pd
import pytest

import cellfill
from cellfill.genes.alignment import NO_BETTER
from cellfill_training import fit, options_for
from training.tiny import TINY


def cells_of(study):
    return anndata.AnnData(study.counts.copy(), var=pd.DataFrame(index=list(study.gene_names[0])))


@pytest.fixture(scope="module")
def paper(studies, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "paper"
    options = options_for("paper", **(TINY | {"learning_rate": 1e-3, "max_epochs": 12}))
    fit(studies[:1], out=folder, preset="paper", options=options)
    return cellfill.load(folder)


def test_a_model_fits_the_study_that_it_was_judged_on(tiny, studies):
    fitness = cellfill.load(tiny).check(cells_of(studies[1]))
    assert fitness.evidence.level > 0
    assert fitness.verdict != "does not fit"


def test_a_model_without_means_is_judged_by_hidden_counts(paper, studies):
    fitness = paper.check(cells_of(studies[1]))
    assert {f.protocol for f in fitness.figures} == {"masked entries"}
    masked = {f.method: f.mse for f in fitness.figures}
    own, trivial = masked["model, calibrated"], masked["non-zero mean + library slope"]
    assert fitness.evidence.level == pytest.approx(1 - own / trivial, rel=1e-6)
    assert np.isnan(fitness.evidence.knowledge)


def test_a_model_without_means_leaves_genes_alone_that_it_finds_no_better(paper, studies):
    adata = cells_of(studies[1])
    order = np.random.default_rng(0).permutation(adata.n_vars)
    wrong = anndata.AnnData(adata.X, var=adata.var.iloc[order])
    left = []
    for data in (adata, wrong):
        try:
            result = paper.impute(data, calibrate=False, copy=True)
        except cellfill.CellfillError:
            left.append(1.0)
            continue
        reason = result.var["imputed_reason"]
        assert result.uns["cellfill"]["check"]["hidden"] == "entries"
        left.append(float((reason == NO_BETTER).sum() / reason.isin([NO_BETTER, "imputed"]).sum()))
    assert left[0] < left[1]
    assert left[1] > 0.5
