"""The tasks on some cells of blood: what Python gives, which the runtime for browsers is held to.

The same file is read by runtime/web/tests/tasks-on-cells.test.ts.
"""

import json
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

import cellfill

ROOT = Path(__file__).parents[2]
CASES: dict[str, Any] = json.loads((ROOT / "tests/data/cases/tasks-on-cells.json").read_text("utf-8"))

pytestmark = pytest.mark.filterwarnings("ignore::cellfill.FitWarning")


@lru_cache
def model(name):
    return cellfill.load(str(ROOT / "model_cards" / name), device="cpu")


def cells():
    given = CASES["cells"]
    counts = (np.array(given["counts"], dtype=np.float32), given["indices"], given["indptr"])
    shape = len(given["indptr"]) - 1, len(CASES["genes"])
    return AnnData(sparse.csr_matrix(counts, shape=shape), var=pd.DataFrame(index=CASES["genes"]))


def assert_near(found, wanted, *, scale):
    wanted = np.array(wanted, dtype=np.float64)  # None becomes NaN
    np.testing.assert_allclose(np.asarray(found, dtype=np.float64), wanted, rtol=1e-5, atol=1e-5 * scale)


@pytest.mark.parametrize("case", CASES["annotate"], ids=lambda case: f"{case['model']} {case['options']}")
def test_names(case):
    adata = cells()
    model(case["model"]).annotate(adata, **case["options"])
    assert adata.obs["cell_type"].astype(str).tolist() == case["types"]
    assert adata.obs["cell_type_reason"].astype(str).tolist() == case["reason"]
    assert_near(adata.obs["cell_type_probability"], case["probability"], scale=1e-3)
    assert_near(adata.obs["cell_type_typical"], case["typical"], scale=1e-3)
    if "probabilities" in case:
        assert_near(adata.obsm["cell_type_probabilities"], case["probabilities"], scale=1)
    assert adata.uns["cellfill_cell_type"]["check"] == {"verdict": case["verdict"], "why": case["why"]}


@pytest.mark.parametrize("case", CASES["embed"], ids=lambda case: case["model"])
def test_places(case):
    adata = cells()
    model(case["model"]).embed(adata)
    assert_near(np.asarray(adata.obsm[case["key"]])[:, :: case["every"]], case["coordinates"], scale=1)
    assert adata.uns[f"cellfill_{case['key']}"]["check"] == {"verdict": case["verdict"], "why": case["why"]}


def test_batches():
    adata = cells()
    adata.obs["batch"] = [("b", "a", "c")[cell % 3] for cell in range(adata.n_obs)]
    case = CASES["embed"][0]
    model(case["model"]).embed(adata, batch="batch")
    assert_near(np.asarray(adata.obsm[case["key"]])[:, :: case["every"]], CASES["batches"], scale=1)


@pytest.mark.parametrize("case", CASES["impute"], ids=lambda case: f"{case['estimate']} {case['policy']}")
def test_fills(case):
    adata = cells()
    with warnings.catch_warnings():
        warnings.simplefilter("error", cellfill.FitWarning)
        model(case["model"]).impute(
            adata, estimate=case["estimate"], policy=case["policy"], calibrate=False, gate=False
        )
    assert adata.var["imputed_reason"].astype(str).value_counts().to_dict() == CASES["reasons"]
    filled = adata.layers["imputed"]
    assert filled.nnz == case["stored"]
    assert_near(filled[:, case["columns"]].toarray(), case["values"], scale=1e-2)
    assert_near(np.asarray(filled.sum(axis=1)).ravel(), case["sums"], scale=1)


def test_fills_by_default():
    adata, case = cells(), CASES["by_default"]
    model(case["model"]).impute(adata)
    left = np.flatnonzero(adata.var["imputed_reason"].astype(str) != "imputed")
    assert left.tolist() == case["not_imputed"]
    check = adata.uns["cellfill"]["check"]
    assert (check["verdict"], check["why"]) == (case["verdict"], case["why"])
    assert adata.uns["cellfill"]["calibration"]["part"] == case["part"]
    filled = adata.layers["imputed"]
    assert_near(filled[:, case["columns"]].toarray(), case["values"], scale=1e-2)
    assert_near(np.asarray(filled.sum(axis=1)).ravel(), case["sums"], scale=1)
