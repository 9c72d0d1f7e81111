"""The accuracy benchmark: tasks, scores, and that nothing is run twice or dropped in silence."""

from pathlib import Path

import numpy as np
import pytest
from job import read_counts, read_names
from scipy import sparse

from accuracy import process, run
from accuracy.environments import REQUIREMENTS, NotInstalledError
from accuracy.methods import METHODS, OWN
from accuracy.models import RECIPE
from accuracy.read_outs import log_expressed, log_normalised_mean
from accuracy.report import report
from accuracy.scoring import molecule_figures, score
from accuracy.settings import SETTINGS
from accuracy.tasks import make_task, write_counts
from cellfill.fitness.hiding import hide_entries
from cellfill_training import Study
from cellfill_training.evaluation.subjects import Subject
from cellfill_training.recipes.recipe import read_recipe


@pytest.fixture(scope="module")
def study():
    """Cells so poor that hiding entries empties some of them."""
    rng = np.random.default_rng(0)
    depth = np.repeat([0.02, 1], [20, 60])
    counts = rng.poisson(np.outer(depth, rng.gamma(1, 1, 80))).astype(np.float32)
    counts = counts[counts.sum(axis=1) > 0]
    names = tuple(f"G{i}" for i in range(80)), tuple(f"ENSG{i:011d}" for i in range(80))
    return Study(name="cells", counts=sparse.csr_matrix(counts), gene_names=names)


def test_every_dataset_of_the_recipe_has_its_own_name_there():
    files = {entry.name: Path(entry.file).stem for entry in read_recipe(RECIPE).studies}
    named = {setting.study: dataset for dataset, setting in SETTINGS.items() if setting.study}
    assert named == files


def test_every_method_has_its_worker_and_its_environment():
    names = [label for method in METHODS.values() for label in method.gives.values()]
    assert len(set(names)) == len(names)
    for method in METHODS.values():
        assert (process.WORKERS / f"{method.worker}.py").is_file()
        assert method.environment == OWN or (REQUIREMENTS / f"{method.environment}.txt").is_file()


def test_every_requirement_is_pinned_and_names_no_place():
    for path in REQUIREMENTS.glob("*.txt"):
        for line in path.read_text().splitlines():
            assert "==" in line
            assert "/" not in line


def test_cells_that_hiding_empties_are_left_out_and_the_rest_is_whole(study):
    task = make_task(Subject(study=study), "masked", seed=0)
    hidden = hide_entries(study.counts, np.arange(80), seed=0)
    alive = np.diff(hidden.counts.indptr) > 0
    assert not alive.all()
    rebuilt = task.study.counts.toarray()
    assert (rebuilt[task.masked.rows, task.masked.columns] == 0).all()
    rebuilt[task.masked.rows, task.masked.columns] = task.masked.truth
    np.testing.assert_array_equal(rebuilt, study.counts[alive].toarray())


def test_given_and_rest_are_all_molecules_of_the_cells_that_are_left(study):
    task = make_task(Subject(study=study), "molecules", seed=0)
    given = task.study.counts
    assert (np.diff(given.indptr) > 0).all()
    assert np.bincount(given.indices, minlength=given.shape[1]).all()
    both = (given + task.rest).toarray()
    genes = [study.gene_names[0].index(name) for name in task.study.gene_names[0]]
    whole = study.counts[:, genes].toarray()
    assert {row.tobytes() for row in both} <= {row.tobytes() for row in whole}


def test_workers_read_what_was_written(study, tmp_path):
    task = make_task(Subject(study=study), "masked", seed=0)
    write_counts(task, tmp_path / "counts.npz")
    assert (read_counts(tmp_path / "counts.npz") != task.study.counts).nnz == 0
    assert read_names(tmp_path / "counts.npz") == task.study.gene_names


def test_the_truth_scores_best_and_a_mean_is_shown_zero_truncated(study):
    task = make_task(Subject(study=study), "masked", seed=0)
    truth = task.study.counts.toarray()
    truth[task.masked.rows, task.masked.columns] = task.masked.truth
    scores = score(task, {"expected": truth}, filled=None)["all"]
    assert scores["expected"]["mse"] == 0
    assert scores["expected"]["pearson"] == pytest.approx(1)
    flat = score(task, {"expected": np.zeros_like(truth)}, filled=None)["all"]
    ones = score(task, {"expressed": np.ones_like(truth)}, filled=None)["all"]
    assert flat["expressed"]["mse"] == pytest.approx(ones["expressed"]["mse"])


@pytest.mark.parametrize("mean", [0.0, 1e-8, 0.03, 1.0, 7.0, 99.0, 101.0, 500.0])
def test_a_mean_is_read_out_for_its_metric_as_counts_drawn_from_it_say(mean):
    found = log_expressed(np.array([mean], np.float32))[0]
    drawn = np.random.default_rng(0).poisson(max(mean, 0.01), 400_000)
    assert found == pytest.approx(np.expm1(np.log1p(drawn[drawn > 0]).mean()), rel=0.01)
    assert np.isnan(log_expressed(np.array([np.nan], np.float32))).all()


@pytest.mark.parametrize("mean", [0.0, 0.003, 0.2, 3.0, 60.0, 99.0, 130.0])
def test_a_log_normalised_mean_is_read_out_as_counts_drawn_from_it_say(mean):
    means = np.array([[mean, 800.0 - mean]])
    found = log_normalised_mean(means, depth=10_000)
    drawn = np.random.default_rng(0).poisson(means, (400_000, 2))
    assert found == pytest.approx(np.log1p(drawn * 10_000 / 800).mean(axis=0, keepdims=True), rel=0.02)


def test_where_the_mean_is_known_its_read_out_has_the_least_log_normalised_error():
    rng = np.random.default_rng(0)
    means = rng.gamma(0.3, 1, (200, 50))
    given = molecule_figures(sparse.csr_matrix(rng.poisson(means / 9)), means)
    assert given["log_mse_read_out"] < 0.8 * given["log_mse"]
    for factor in (0.5, 2.0):
        off = molecule_figures(sparse.csr_matrix(rng.poisson(means / 9)), means**factor)
        assert given["log_mse_read_out"] < off["log_mse_read_out"]


def test_a_method_that_lacks_genes_is_scored_on_the_others_only(study):
    task = make_task(Subject(study=study), "molecules", seed=0)
    values = task.study.counts.toarray()
    filled = np.arange(0, values.shape[1], 2)
    whole = score(task, {"expected": values.copy()}, filled=filled)
    values[:, 1] = np.nan
    part = score(task, {"expected": values}, filled=filled)
    assert set(whole) == {"all", "filled"}
    assert part == {"filled": whole["filled"]}


def test_the_poisson_loss_takes_the_best_floor(study):
    task = make_task(Subject(study=study), "molecules", seed=0)
    given = task.study.counts.toarray()
    raw = score(task, {"expected": given}, filled=None)["all"]["expected"]
    mean = np.outer(given.sum(axis=1), given.sum(axis=0)) / given.sum()
    better = score(task, {"expected": mean}, filled=None)["all"]["expected"]
    assert raw["floor"] > 1e-3
    assert better["poisson"] < raw["poisson"] < np.inf


def test_what_is_done_is_not_run_again_and_what_is_missing_is_told(lines, tmp_path, monkeypatch):
    started = []

    def counted(method, **options):
        started.append(method.gives[""])
        return process.run(method, **options)

    def absent(name, folder):
        raise NotInstalledError(f"no {name} in this index")

    monkeypatch.setattr(run, "python_of", absent)
    monkeypatch.setattr(run, "process", type("Counted", (), {**vars(process), "run": staticmethod(counted)}))
    methods = ("none", "gene-mean", "magic", "cellfill-pre-trained")
    plan = run.Plan(
        data=lines,
        scratch=tmp_path / "scratch",
        datasets=("mix5cl_celseq2",),
        methods=methods,
        protocols=("masked",),
        seeds=1,
        max_cells=100,
    )
    run.run(plan, say=lambda _text: None)
    assert len(started) == 2
    kept = list(run.outcomes(plan))
    assert [method for _, _, _, method, _ in kept] == list(methods)
    run.run(plan, say=lambda _text: None)
    assert len(started) == 2
    text = report(kept)
    assert "MAGIC on mix5cl_celseq2, masked: no result: not installed: no magic in this index" in text
    assert "no pre-trained model for this dataset" in text
    by_name = {method: entry for _, _, _, method, entry in kept}
    mean, none = (by_name[m]["variants"][""]["all"]["expected"] for m in ("gene-mean", "none"))
    assert mean["mse"] < none["mse"]
    assert f"{mean['mse']:.4f}" in text
    for again in ({"again": ("none",)}, {"max_cells": 90, "methods": ("none",)}):
        before = len(started)
        run.run(type(plan)(**{**vars(plan), **again}), say=lambda _text: None)
        assert len(started) == before + 1


def test_a_worker_that_fails_leaves_its_last_word(lines, tmp_path, monkeypatch):
    broken = METHODS["none"].__class__(
        worker="trivial", arguments=("--baseline", "unheard-of"), gives={"": "broken"}
    )
    monkeypatch.setitem(METHODS, "none", broken)
    plan = run.Plan(
        data=lines,
        scratch=tmp_path / "scratch",
        datasets=("mix5cl_celseq2",),
        methods=("none",),
        protocols=("molecules",),
        seeds=1,
        max_cells=100,
    )
    run.run(plan, say=lambda _text: None)
    ((*_, entry),) = run.outcomes(plan)
    assert entry["failed"] == "KeyError: 'unheard-of'"
    assert "broken on mix5cl_celseq2, molecules: no result: KeyError: 'unheard-of'" in report([*run.outcomes(plan)])
