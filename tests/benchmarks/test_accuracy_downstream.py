"""The protocols of the accuracy benchmark that judge filled counts."""

from dataclasses import asdict
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from accuracy import run
from accuracy.methods import METHODS
from accuracy.report import report
from accuracy.scoring import score
from accuracy.settings import PROTOCOLS, SETTINGS, Setting
from accuracy.tasks import DOWNSTREAM, draw, make_task
from cellfill.estimates import expressed
from cellfill_training.evaluation.protocols import clusters, differential, known_truth
from cellfill_training.evaluation.protocols.filling import UNCHANGED
from cellfill_training.evaluation.simulation import SplatOptions
from cellfill_training.evaluation.subjects import simulated

LOSSY = Setting(layer="downsampled", truth="X", labels="kind", min_genes=5)
SMALL = SplatOptions(genes=300, cells=300, library_location=8.0, de_share=0.3, de_location=0.6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dataset of known truth and kinds, with cells and genes that are left out."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], 50)
    level = rng.gamma(1, 2, (3, 90)) * np.where(np.arange(90) < 20, 0.001, 1)
    truth = rng.poisson(level[kind]).astype(np.float32)
    lossy = rng.binomial(truth.astype(int), 0.5).astype(np.float32)
    lossy[:7] = 0
    cells = anndata.AnnData(sparse.csr_matrix(truth), layers={"downsampled": sparse.csr_matrix(lossy)})
    cells.obs["kind"] = [f"kind {number}" for number in kind]
    cells.var_names = [f"GENE{number}" for number in range(90)]
    place: Path = tmp_path_factory.mktemp("data")
    cells.write_h5ad(place / "lossy.h5ad")
    return place


@pytest.fixture(scope="module")
def simulation():
    return simulated(SMALL, seed=1)


def test_a_dataset_has_the_protocols_that_enough_is_known_for():
    assert Setting().protocols == ("masked", "molecules")
    assert Setting(simulated=True).protocols == ("simulation",)
    assert set(LOSSY.protocols) == set(PROTOCOLS) - {"simulation"}
    assert {protocol for setting in SETTINGS.values() for protocol in setting.protocols} == set(PROTOCOLS)


def test_the_truth_is_of_the_cells_and_genes_that_are_drawn(folder):
    subject = draw(folder, "lossy", LOSSY, "truth", seed=2, max_cells=100)
    whole = anndata.read_h5ad(folder / "lossy.h5ad")
    genes = whole.var_names.get_indexer(subject.study.gene_names[0])
    assert subject.study.counts.shape == subject.truth.shape == (100, len(genes))
    assert len(genes) < 90
    pairs = {(seen.tobytes(), true.tobytes()) for seen, true in _rows(whole[:, genes])}
    drawn = zip(subject.study.counts.toarray(), subject.truth.toarray(), strict=True)
    assert {(seen.tobytes(), true.tobytes()) for seen, true in drawn} <= pairs


def _rows(cells):
    return zip(cells.layers["downsampled"].toarray(), cells.X.toarray(), strict=True)


def test_what_is_given_does_not_depend_on_what_is_known(folder):
    plain = draw(folder, "lossy", LOSSY, "masked", seed=2, max_cells=100)
    assert plain.truth is None
    assert plain.labels is None
    for protocol in ("truth", "clusters"):
        other = draw(folder, "lossy", LOSSY, protocol, seed=2, max_cells=100)
        assert (other.study.counts != plain.study.counts).nnz == 0
        assert (make_task(other, protocol, seed=2).study.counts != plain.study.counts).nnz == 0


def test_figures_are_those_of_the_evaluation_package(folder):
    subject = draw(folder, "lossy", LOSSY, "truth", seed=0, max_cells=100)
    mean = np.random.default_rng(1).gamma(1, 1, subject.study.counts.shape).astype(np.float32)
    found = score(make_task(subject, "truth", seed=0), {"expected": mean.copy()}, filled=None)["all"]
    values = {"expected": mean, "expressed": expressed(mean)}
    wanted = known_truth.score(values, subject.study, subject.truth)
    assert set(found) == {"expected", "expected, all", "expressed", "expressed, all"}
    for name, figures in found.items():
        assert figures == {"filled_genes": mean.shape[1]} | asdict(wanted[name])


def test_clusters_are_judged_by_the_labels(folder):
    subject = draw(folder, "lossy", LOSSY, "clusters", seed=0, max_cells=100)
    counts = subject.study.counts.toarray()
    found = score(make_task(subject, "clusters", seed=0), {"expected": counts.copy()}, filled=None)["all"]
    wanted = clusters.cluster_scores(counts, subject.labels, seed=0)
    assert found == {UNCHANGED: {"filled_genes": counts.shape[1]} | asdict(wanted)}


def test_the_simulation_is_judged_by_its_genes_and_its_groups(simulation):
    task = make_task(simulation, "simulation", seed=0)
    before = simulation.truth.toarray()
    found = score(task, {"expected": before.copy()}, filled=None)["all"]["expected, all"]
    groups = np.unique(simulation.labels, return_inverse=True)[1]
    wanted = asdict(differential.differential_scores(before, groups, simulation.differs))
    wanted |= asdict(clusters.cluster_scores(before, simulation.labels, seed=0))
    assert found == {"filled_genes": before.shape[1]} | wanted


def test_a_gene_that_is_not_filled_keeps_its_counts(simulation):
    task = make_task(simulation, "simulation", seed=0)
    mean = simulation.truth.toarray()
    mean[:, 5] = np.nan
    part = score(task, {"expected": mean}, filled=np.arange(5))
    assert set(part) == {"all"}
    assert part["all"]["expected"]["filled_genes"] == mean.shape[1] - 1
    assert np.isfinite(part["all"]["expected"]["auc_all"])


def test_the_simulation_is_another_for_every_seed(folder, monkeypatch):
    monkeypatch.setattr(
        "accuracy.tasks.subjects.simulated", lambda options=SMALL, *, seed: simulated(options, seed=seed)
    )
    found = [draw(folder, "splat", SETTINGS["splat"], "simulation", seed=seed, max_cells=200) for seed in (0, 0, 1)]
    assert all(subject.differs.shape[1] == subject.study.counts.shape[1] for subject in found)
    assert (found[0].study.counts != found[1].study.counts).nnz == 0
    assert found[0].study.counts.shape != found[2].study.counts.shape or (
        (found[0].study.counts != found[2].study.counts).nnz
    )


def test_a_run_keeps_to_what_is_known_and_reports_every_read_out(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(SETTINGS, "lossy", LOSSY)
    monkeypatch.setitem(SETTINGS, "unknown", Setting())
    plan = run.Plan(
        data=folder,
        scratch=tmp_path,
        datasets=("lossy", "unknown"),
        methods=("none", "gene-mean", "non-zero-mean", "cellfill-pre-trained"),
        protocols=tuple(DOWNSTREAM),
        seeds=1,
        max_cells=100,
    )
    run.run(plan, say=lambda _text: None)
    kept = list(run.outcomes(plan))
    assert {(dataset, protocol) for dataset, protocol, *_ in kept} == {("lossy", "truth"), ("lossy", "clusters")}
    text = report(kept)
    entry = next(e for _, protocol, _, method, e in kept if (protocol, method) == ("truth", "gene-mean"))
    scores = entry["variants"][""]["all"]
    values = [f"{scores[name]['gene_correlation']:.3f}" for name in ("expected", "expressed")]
    assert f"| gene mean x library | {' / '.join(values)} / - |" in text
    assert f"| {METHODS['none'].gives['']} | {UNCHANGED} |" in text
    assert "cellfill, pre-trained on lossy, truth: no pre-trained model for this dataset" in text
