"""Several networks a group: their mean is one wide sub-network, and the first learns what it learns alone."""

import numpy as np
import pytest

from cellfill.errors import UsageError
from cellfill_training import options_for
from cellfill_training.architectures.subnetworks.export import check_export, export_graph
from cellfill_training.architectures.subnetworks.learning import fit_networks
from cellfill_training.architectures.subnetworks.network import SubNetworks
from training.workflow.test_fit import setup, train


def test_the_wide_sub_network_says_the_mean_of_its_members(studies):
    cohort, levels, plan, options = setup(studies, members=3)
    networks = SubNetworks(plan, levels, options)
    rng = np.random.default_rng(0)
    networks.restore([w + 0.1 * rng.standard_normal(w.shape).astype(np.float32) for w in networks.snapshot()])
    networks.w1.assign(networks.w1 * networks.padding)
    counts = cohort.counts[:20].toarray()
    inputs = networks.read(counts, levels.size_factors[:20, None])
    said = networks(inputs).numpy()
    assert said.shape[0] == 3 * len(plan.predictors)
    apart = said.reshape(3, len(plan.predictors), *said.shape[1:])
    assert np.abs(apart[0] - apart[1]).max() > 0.01
    wide = networks.merged(plan, levels, options)
    np.testing.assert_allclose(wide(inputs).numpy(), apart.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(wide.join(wide(inputs)).numpy(), networks.join(said).numpy(), rtol=1e-4, atol=1e-5)


def test_the_first_member_learns_what_it_learns_alone(studies):
    cohort, levels, plan, options = setup(studies[:1], members=2, max_epochs=1, dropout=0.0)
    alone = train(studies[:1], max_epochs=1, dropout=0.0)[0].networks
    wide = fit_networks(cohort, levels, plan, options).networks
    assert wide.shape.hidden == 2 * options.hidden
    np.testing.assert_allclose(wide.w1.numpy()[:, :, : options.hidden], alone.w1.numpy(), rtol=1e-4, atol=1e-5)


def test_a_model_of_several_members_is_exported_as_any_other(studies):
    fitted, _, (cohort, _, plan, _) = train(studies, members=2, max_epochs=2)
    assert len(fitted.best_epochs) == len(fitted.held_out_losses) == len(plan.predictors)
    graph, _ = export_graph(fitted.networks)
    assert check_export(graph, fitted.networks, cohort.counts[:10].toarray()) < 1e-3


def test_no_member_is_refused():
    with pytest.raises(UsageError, match="members is 0"):
        options_for("default", members=0)
