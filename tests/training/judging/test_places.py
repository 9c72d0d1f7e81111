"""Molecules that neighbours tell: more where cells of a type lie together, nothing where places say nothing."""

import numpy as np
from scipy import sparse

from cellfill.fitness.hiding import split_molecules
from cellfill_training.judging.places import deviance_explained
from training.small import programmes


def test_places_of_types_tell_molecules_and_random_ones_do_not():
    _, counts, kind = programmes(cells=200, level=4.0)
    seen, hidden = split_molecules(sparse.csr_matrix(counts), seed=0)
    rng = np.random.default_rng(0)
    of_types = kind[:, None] * 10 + rng.normal(size=(200, 2))
    told = deviance_explained(of_types, seen, hidden)
    assert told > 0.1
    assert deviance_explained(rng.normal(size=(200, 2)), seen, hidden) < told / 3
