"""Methods, and how hidden entries and hidden molecules are scored."""

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError
from cellfill.estimates import expressed
from cellfill.fitness import baselines as trivial
from cellfill_training.evaluation import methods
from cellfill_training.evaluation.protocols import masked, molecules
from cellfill_training.evaluation.protocols.masked import entry_scores
from training.small import programmes, study_of


@pytest.fixture(scope="module")
def made():
    mean, counts, _ = programmes()
    return mean, study_of(counts)


def of_values(values, estimate="expected"):
    return methods.of_function("given", lambda _counts: values, gives=estimate)


def test_a_mean_is_shown_zero_truncated_too_and_nothing_else_follows(made):
    mean, study = made
    values = of_values(mean).predict(study)
    assert set(values) == {"expected", "expressed"}
    np.testing.assert_allclose(values["expressed"], mean / (1 - np.exp(-mean)), rtol=1e-4)
    for estimate in ("expressed", "posterior"):
        assert set(of_values(mean, estimate).predict(study)) == {estimate}


def test_the_trivial_methods_are_the_baselines_of_the_card(made):
    _, study = made
    none, mean, nonzero = methods.baselines()
    assert [m.name for m in (none, mean, nonzero)] == [trivial.NONE, trivial.MEAN, trivial.NONZERO]
    assert all((v == study.counts.toarray()).all() for v in none.predict(study).values())
    np.testing.assert_array_equal(mean.predict(study)["expressed"], expressed(trivial.gene_mean(study.counts)))
    assert set(nonzero.predict(study)) == {"expressed"}


def test_a_bundle_says_what_it_says_alone_and_leaves_other_genes_open(tiny, studies):
    from cellfill.bundle import read_bundle
    from cellfill_training.evaluation import Judge

    bundle = read_bundle(tiny)
    values = methods.of_bundle(tiny, calibrate=True).predict(studies[1])
    judge = Judge(bundle)
    targets = judge.targets(studies[1])
    assert np.flatnonzero(methods.filled_genes(values)).tolist() == sorted(targets.tolist())
    assert 0 < len(targets) < studies[1].counts.shape[1]
    for estimate in ("expected", "expressed", "posterior"):
        alone, _ = judge.predict(studies[1], studies[1].counts, estimate=estimate, calibrate=True)
        np.testing.assert_array_equal(values[estimate][:, targets], alone[:, targets])


def test_a_preset_learns_from_the_very_cells(studies):
    from cellfill_training import options_for
    from training.tiny import TINY

    options = options_for("paper", **{**TINY, "max_epochs": 2})
    method = methods.of_preset("paper", options=options)
    values = method.predict(studies[1])
    assert set(values) == {"expressed"}
    assert values["expressed"].shape == studies[1].counts.shape
    assert method.share == 1


def test_values_of_another_shape_are_refused(made):
    mean, study = made
    with pytest.raises(DataError, match="a value for every cell and gene"):
        masked.score(of_values(mean[:, 1:]), study, np.arange(5), seed=0)


def test_entry_scores_agree_with_numpy():
    truth = np.float32([1, 3, 7, 2, 5, 9, 4, 1, 2, 6, 8, 3])
    imputed = np.float32([2, 2, 5, 2, 4, 7, 5, 1, 3, 5, 9, 2])
    gene, cell = np.repeat([4, 9], [10, 2]), np.tile([0, 1], 6)
    found = entry_scores(imputed, truth, cell=cell, gene=gene)
    x, y = np.log1p(imputed), np.log1p(truth)
    assert (found.genes, found.entries) == (2, 12)
    assert found.mse == pytest.approx(((x - y) ** 2).mean())
    assert found.pearson == pytest.approx(np.corrcoef(x, y)[0, 1])
    # The second gene and both cells have fewer than ten entries.
    assert found.gene_mse_mean == found.gene_mse_median == pytest.approx(((x - y)[:10] ** 2).mean())
    assert found.gene_pearson_mean == pytest.approx(np.corrcoef(x[:10], y[:10])[0, 1])
    assert np.isnan([found.cell_mse_mean, found.cell_pearson_median]).all()
    means = [[np.mean(v[gene == g]) for g in gene] for v in (x, y)]
    within = np.corrcoef(x - means[0], y - means[1])[0, 1]
    assert found.pearson_within_genes == pytest.approx(within)


def test_what_differs_between_genes_only_has_no_correlation_within_them(made):
    _, study = made
    level = np.asarray(study.counts.mean(axis=0)).ravel()
    flat = of_values(np.broadcast_to(level, study.counts.shape).astype(np.float32), "expressed")
    found = masked.score(flat, study, np.arange(60), seed=0)["expressed"]
    assert found.pearson > 0.2
    assert found.pearson_within_genes == pytest.approx(0, abs=1e-6)


def test_the_true_mean_beats_the_trivial_methods_on_hidden_entries(made):
    mean, study = made
    scores = {
        m.name: masked.score(m, study, np.arange(60), seed=0) for m in (of_values(mean), *methods.baselines())
    }
    ours = scores.pop("given")
    assert all(ours["expressed"].mse < other["expressed"].mse for other in scores.values())
    assert all(ours["expressed"].pearson > other["expressed"].pearson for other in scores.values())
    # Hidden counts are all positive, so that the mean itself is too low.
    assert ours["expressed"].mse < ours["expected"].mse


def test_a_gene_that_is_not_filled_is_not_scored(made):
    mean, study = made
    holes = mean.copy()
    holes[:, 3] = np.nan
    holes[0, 7] = np.nan
    whole, part = (masked.score(of_values(v), study, np.arange(20), seed=0)["expected"] for v in (mean, holes))
    assert (whole.genes, part.genes) == (20, 18)
    assert part.entries == whole.entries - 20
    with pytest.raises(DataError, match="none of the genes"):
        masked.score(of_values(holes), study, np.array([3]), seed=0)


def test_the_scale_of_molecules_runs_from_no_denoising_to_perfect(made):
    _, study = made
    genes = np.arange(60)
    task = molecules.split(study, genes, seed=1)
    none = molecules.score(methods.baselines()[0], study, genes, seed=1)
    perfect = task.score({"expected": task.rest.toarray() * 9, "posterior": task.rest.toarray() * 9})
    for estimate in ("expected", "posterior"):
        zero, one = none[estimate], perfect[estimate]
        for name in ("poisson_scaled", "mse_scaled", "mse_at_depth_scaled"):
            assert getattr(zero, name) == pytest.approx(0, abs=1e-9)
            assert getattr(one, name) == pytest.approx(1, abs=1e-4)
        assert one.mse == pytest.approx(0, abs=1e-9)


def test_molecule_losses_are_those_computed_by_hand():
    study = study_of([[20, 0, 10], [5, 40, 0]])
    task = molecules.split(study, np.arange(3), seed=0)
    mean = np.float32([[18, 0.9, 9], [4.5, 36, 0.9]])
    found = task.score({"expected": mean})["expected"]
    rest = task.rest.toarray()
    assert found.poisson_loss == pytest.approx((mean / 9 - rest * np.log(mean / 9)).mean(), rel=1e-5)
    x = np.log1p(mean / mean.sum(axis=1, keepdims=True) * 1e4)
    y = np.log1p(rest / rest.sum(axis=1, keepdims=True) * 1e4)
    assert found.mse == pytest.approx(((x - y) ** 2).mean(), rel=1e-4)
    assert found.poisson_loss_floored == found.poisson_loss


def test_molecules_prefer_the_true_mean_and_see_zeros(made):
    mean, study = made
    genes = np.arange(60)
    true, raised, flat = (
        molecules.score(m, study, genes, seed=0)["expected"]
        for m in (of_values(mean * 0.9), of_values(expressed(mean * 0.9)), methods.baselines()[1])
    )
    assert true.poisson_loss < raised.poisson_loss
    assert true.poisson_loss < flat.poisson_loss
    assert true.poisson_scaled > max(raised.poisson_scaled, flat.poisson_scaled, 0)
    assert not molecules.score(of_values(mean, "expressed"), study, genes, seed=0)


def test_zeros_that_are_predicted_are_floored_in_their_own_figure(made):
    _, study = made
    found = molecules.score(methods.baselines()[0], study, np.arange(60), seed=0)["expected"]
    assert found.poisson_loss_floored < found.poisson_loss


def test_negative_values_count_as_zero(made):
    mean, study = made
    low = of_values(np.where(mean < 1, -1, mean).astype(np.float32))
    clipped = of_values(np.where(mean < 1, 0, mean).astype(np.float32))
    for module in (masked, molecules):
        ours, theirs = (module.score(m, study, np.arange(60), seed=0) for m in (low, clipped))
        assert ours == theirs


def test_the_study_that_is_seen_lacks_what_is_hidden(made):
    _, study = made
    hidden = masked.hide(study, np.arange(10), seed=0)
    assert hidden.seen.counts.sum() == study.counts.sum() - hidden.masked.truth.sum()
    parted = molecules.split(study, np.arange(10), seed=0)
    assert isinstance(parted.seen.counts, sparse.csr_matrix)
    assert parted.seen.counts.sum() < study.counts.sum()
