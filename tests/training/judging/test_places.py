"""Molecules that neighbours tell: more where cells of a type lie together, nothing where places say nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from cellfill.bundle import Evaluation, Score
from cellfill.fitness.hiding import split_molecules
from cellfill_training.cards.types import GENE_MEANS, poor_places, worse_beside
from cellfill_training.cli.judged import judged_lines
from cellfill_training.judging.places import PROTOCOL, deviance_explained, mixed
from training.small import programmes


def test_places_of_types_tell_molecules_and_random_ones_do_not():
    _, counts, kind = programmes(cells=200, level=4.0)
    seen, hidden = split_molecules(sparse.csr_matrix(counts), seed=0)
    rng = np.random.default_rng(0)
    of_types = kind[:, None] * 10 + rng.normal(size=(200, 2))
    told = deviance_explained(of_types, seen, hidden)
    assert told > 0.1
    assert deviance_explained(rng.normal(size=(200, 2)), seen, hidden) < told / 3


def test_cells_are_judged_some_at_a_time(monkeypatch):
    _, counts, kind = programmes(cells=90)
    seen, hidden = split_molecules(sparse.csr_matrix(counts), seed=0)
    whole = deviance_explained(kind[:, None] * 10.0, seen, hidden)
    monkeypatch.setattr("cellfill_training.judging.places._CELLS_AT_A_TIME", 7)
    assert deviance_explained(kind[:, None] * 10.0, seen, hidden) == pytest.approx(whole, rel=1e-12)


def test_batches_that_lie_apart_are_not_mixed_and_those_at_random_are_as_chance_has_it():
    rng = np.random.default_rng(0)
    batch = np.repeat([0, 1], [300, 100])
    places = rng.normal(size=(400, 3))
    np.testing.assert_allclose(mixed(places, batch), 1, atol=0.1)
    np.testing.assert_array_equal(mixed(places + 100 * batch[:, None], batch), 0)


def of_places(**figures):
    scores = {
        "cellfill": figures,
        "PCA": {"deviance_explained": 0.05, "mixed": 0.2},
        GENE_MEANS: {"deviance_explained": 0.0},
    }
    evaluation = Evaluation(
        data="a",
        protocol=PROTOCOL,
        task="embed",
        estimate=None,
        cells=50,
        entries=0,
        scores=tuple(Score(method=method, values=values) for method, values in scores.items()),
    )
    return SimpleNamespace(tasks=("embed",), evaluations=(evaluation,))


def test_nobody_is_told_that_the_gene_mean_places_cells_better():
    poor, good = of_places(deviance_explained=-0.1, mixed=0.1), of_places(deviance_explained=0.1, mixed=0.9)
    first, second = poor_places(poor)
    assert "no better than by the genes' means (deviance_explained -0.100, and theirs is 0)." in first
    assert "10% of the neighbours of other batches that chance would give" in second
    (line,) = worse_beside(poor)
    assert "worse than PCA in deviance_explained (-0.100 against 0.050) and mixed (0.100 against 0.200)" in line
    assert poor_places(good) == worse_beside(good) == ()


def test_a_line_says_what_neighbours_tell_and_how_batches_mix():
    assert list(judged_lines(of_places(deviance_explained=-0.1, mixed=0.1))) == [
        "judged on a: by its neighbours a cell's held-back molecules are told with 10.0% more error (deviance) "
        "than by the genes' means (PCA: 5.0% less); cells have 10% of the neighbours of other batches that chance "
        "would give (PCA: 20%)"
    ]
