"""``cellfill-train evaluate``: tables on stdout, talk on stderr, files where they were asked for."""

import json
import os
import subprocess
import sys

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from cellfill.fitness import baselines
from conftest import DATA, MODEL

LABELLED = DATA / "pbmc3k_400.h5ad"
SMALL = ("--seeds", 2, "--min-genes", 50)


def run(*command, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cellfill_training.cli", "evaluate", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_a_model_is_judged_by_number_of_cells_and_gene_by_gene(tmp_path):
    files = {
        "--json-file": tmp_path / "e.json",
        "--figures": tmp_path / "figures",
        "--per-gene": tmp_path / "genes.tsv",
    }
    done = run(
        *(MODEL, "--data", DATA / "pbmc_donor_a_300.h5ad", "--sizes", 80, "--sizes", "all", *SMALL),
        *(part for pair in files.items() for part in pair),
    )
    assert done.returncode == 0, done.stderr
    assert "human-pbmc, calibrated" in done.stdout
    assert "seed 1" not in done.stdout + done.stderr
    assert "\r" not in done.stderr
    told = json.loads(files["--json-file"].read_text())
    assert {r["method"] for r in told["records"]} == {
        *("human-pbmc, calibrated", "human-pbmc, not calibrated"),
        *(baselines.NONE, baselines.MEAN, baselines.NONZERO),
    }
    assert {(r["cells"], r["seed"]) for r in told["records"]} == {(80, 0), (80, 1), (300, 0), (300, 1)}
    masked = {
        s["method"]: s["mean"]["mse"]
        for s in told["summaries"]
        if (s["protocol"], s["read_out"], s["cells"]) == ("masked", "expressed", 300)
    }
    assert min(masked, key=masked.get) == "human-pbmc, calibrated"
    assert len(list(files["--figures"].glob("*.png"))) == 4
    rows = files["--per-gene"].read_text().splitlines()
    assert rows[0].startswith("data\tgene")
    assert len(rows) > 500
    assert "helps" in {row.split("\t")[9] for row in rows}


def test_labels_and_a_truth_bring_their_protocols(tmp_path):
    adata = anndata.read_h5ad(LABELLED)
    lost = np.random.default_rng(0).binomial(adata.X.data.astype(int), 0.5)
    lossy = sparse.csr_matrix((lost.astype("f4"), adata.X.indices, adata.X.indptr), adata.shape)
    adata.layers["lossy"] = lossy
    carry = np.isin(adata.obs["cell_type"], ["CD4 T cells", "CD8 T cells"])
    adata.obsm["adt"] = pd.DataFrame({"CD3": np.where(carry, 90, 2), "CD45RA": 20}, index=adata.obs_names)
    adata.write_h5ad(tmp_path / "lossy.h5ad")
    done = run(
        *(MODEL, "--data", tmp_path / "lossy.h5ad", "--labels", "cell_type", "--truth-layer", "X"),
        *(
            "--observed-layer",
            "lossy",
            "--seeds",
            1,
            "--min-genes",
            1,
            "--quiet",
            "--json-file",
            tmp_path / "e.json",
        ),
        *("--protocol", "truth", "--protocol", "clusters", "--protocol", "gini"),
        *("--protocol", "protein", "--proteins", "adt"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "e.json").read_text())
    assert {r["protocol"] for r in told["records"]} == {"truth", "clusters", "gini", "protein"}
    truth = {(r["method"], r["read_out"]): r["values"] for r in told["records"] if r["protocol"] == "truth"}
    assert truth[baselines.NONE, "counts as they are"]["lost_mean"] == 0
    ours, flat = (truth[name, "expected"] for name in ("human-pbmc, calibrated", baselines.MEAN))
    assert ours["lost_mean"] > 2 * ours["true_zeros_mean"]
    assert ours["gene_correlation"] > flat["gene_correlation"]
    protein = {(r["method"], r["read_out"]): r["values"] for r in told["records"] if r["protocol"] == "protein"}
    assert (
        protein["human-pbmc, calibrated", "expected"]["auroc"]
        > protein[baselines.NONE, "counts as they are"]["auroc"]
    )
    assert "seed 0" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([MODEL], 2, "give --data, or --simulation"),
        ([MODEL, "--data", "absent.h5ad"], 3, "there is no such file"),
        (["absent", "--data", LABELLED], 4, "absent"),
        ([MODEL, "--data", LABELLED, "--protocol", "luck"], 2, "no protocol 'luck'"),
        ([MODEL, "--data", LABELLED, "--protocol", "clusters"], 2, "--labels COLUMN"),
        ([MODEL, "--data", LABELLED, "--labels", "luck"], 3, "no column 'luck' in obs; it has cell_type"),
        ([MODEL, "--data", LABELLED, "--truth-layer", "luck"], 3, "no layer 'luck'"),
        ([MODEL, "--data", LABELLED, "--sizes", "few"], 2, "neither a number of cells nor all"),
        ([MODEL, "--data", LABELLED, "--json-file", "absent/e.json"], 6, "in none that exists"),
        ([MODEL, "--data", LABELLED, "--min-genes", "9000"], 3, "lower --min-genes"),
        (["default", "--share", "2", "--data", LABELLED], 2, "a share from 0 to 1"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(arguments, code, message):
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not done.stdout
