"""Predictions are drawn back as far as their gene is not predicted in these cells."""

import anndata
import numpy as np
import pytest

from cellfill.calibration.certainty import measure_certainty
from cellfill.errors import UsageError
from conftest import EXAMPLE
from runtime.test_calibrate import dataset


@pytest.fixture(scope="module")
def measured():
    """A gene predicted exactly, one half way, one at its mean, one wildly wrong, and one without counts."""
    rng = np.random.default_rng(0)
    truth = rng.gamma(2, 2, (3000, 5))
    truth[:, 4] = 0
    mean = truth.copy()
    mean[:, 1] = 4 + (truth[:, 1] - 4) / 2
    mean[:, 2] = 4
    mean[:, 3] = rng.permutation(truth[:, 3]) * 3
    mean[:, 4] = 0.5
    network, cells, counts = dataset(mean, truth)
    return measure_certainty(network, cells, targets=np.arange(5), calibration=None), mean, counts


def test_a_gene_is_as_bold_as_it_is_predicted(measured):
    certainty, _, counts = measured
    exact, half, mean, wrong, unseen = certainty.boldness
    assert exact == pytest.approx(1, abs=0.03)
    assert half == pytest.approx(np.sqrt(0.75), abs=0.03)  # half of the deviation is left: a quarter of its square
    assert mean == pytest.approx(0, abs=0.2)
    assert wrong == 0
    assert unseen == 1
    np.testing.assert_allclose(certainty.means, counts.mean(axis=0), rtol=1e-4)


def test_what_is_not_predicted_becomes_its_mean_by_depth(measured):
    certainty, mean, _ = measured
    depth = np.array([0.5, 2.0], dtype=np.float32)
    told = certainty.temper(mean[:2].astype(np.float32), depth)
    np.testing.assert_allclose(told[:, 3], depth * certainty.means[3], rtol=1e-4)
    np.testing.assert_allclose(told[:, 0], mean[:2, 0], rtol=0.1)
    assert certainty.take(np.array([3])).temper(mean[:2, 3:4].astype(np.float32), depth).shape == (2, 1)


def test_correlations_are_kept_where_they_are_asked_for(model):
    cells = anndata.read_h5ad(EXAMPLE)
    seen = cells.X.toarray()

    def filled(**more):
        found = model.impute_matrix(cells.X, list(cells.var_names), estimate="posterior", policy="all", **more)
        return found.toarray() if hasattr(found, "toarray") else found

    plain, kept = filled(), filled(keep_correlations=True)
    changed = (plain != seen).any(axis=0)
    many = changed & (seen.mean(axis=0) > 0.5)
    assert many.sum() > 20

    def error(values):
        wanted, found = (np.corrcoef(np.log1p(v[:, many].T)) for v in (seen, values))
        return np.abs(wanted - found).mean()

    assert error(kept) < error(plain) / 2  # counts are trusted
    assert (kept[:, many][seen[:, many] == 0] > 0).all()


def test_it_is_a_way_of_the_posterior(model):
    with pytest.raises(UsageError, match="ask for estimate='posterior'"):
        model.impute_matrix(
            anndata.read_h5ad(EXAMPLE).X, list(anndata.read_h5ad(EXAMPLE).var_names), keep_correlations=True
        )
