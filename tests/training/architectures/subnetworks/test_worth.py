"""What a gene is worth is how far the counts move without it, and the bundle says so."""

import numpy as np
import pytest

from cellfill.bundle import read_bundle
from training.tiny import TINY


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_worth_is_the_divergence_when_a_gene_is_unknown(studies, preset):
    from cellfill_training import options_for
    from cellfill_training.architectures.subnetworks.network import SubNetworks
    from cellfill_training.architectures.subnetworks.prepare import prepare
    from cellfill_training.architectures.subnetworks.worth import gene_worth
    from cellfill_training.studies.cohort import harmonise
    from cellfill_training.studies.gene_table import GeneTable

    options = options_for(preset, **TINY)
    cohort, levels, plan = prepare(harmonise(studies[:1], GeneTable()), options)
    networks = SubNetworks(plan, levels, options)
    networks.w2.assign(networks.w2 * 30.0)
    held = np.arange(40)
    worth = gene_worth(networks, cohort, levels, held)
    assert worth.sum() == pytest.approx(1)
    counts, factors = cohort.counts[held].toarray(), levels.size_factors[held][:, None]
    mean = networks.counts(counts, factors).numpy().astype(np.float64)
    neutral = np.expm1(levels.centres) * factors

    def moved(gene):
        without = counts.copy()
        without[:, gene] = neutral[:, gene]
        other = networks.counts(without.astype(np.float32), factors).numpy().astype(np.float64)
        return (mean * np.log(mean / other) - mean + other).sum()

    genes = np.argsort(-worth)[:5]
    direct = np.array([moved(gene) for gene in genes])
    np.testing.assert_allclose(direct / direct[0], worth[genes] / worth[genes[0]], rtol=1e-3)
    unread = np.setdiff1d(np.arange(counts.shape[1]), np.concatenate(plan.predictors))
    assert (worth[unread] == 0).all()


def test_a_trained_model_says_what_its_genes_are_worth(tiny):
    bundle = read_bundle(tiny)
    worth = bundle.genes.column("worth")
    assert np.nansum(worth) == pytest.approx(1, abs=1e-5)
    assert (worth[bundle.genes.inputs] >= 0).all()
    assert bundle.manifest.min_coverage == 0.1
