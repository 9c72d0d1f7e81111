"""Every task's cells, runs and tables: what a figure is of, and that nothing is judged on what taught it."""

import numpy as np
import pytest
from scipy import sparse

from cell_types import few_labels
from tasks.annotate import split
from tasks.impute import explained
from tasks.kept import FOLDER, recall, record
from tasks.methods import DATASETS, METHODS, OF_BLOOD, PRE_TRAINED, SELF
from tasks.picture import COLOURS, draw, points
from tasks.plan import Case, cases
from tasks.sources import Cells
from tasks.tables import report, values


@pytest.fixture(scope="module")
def cells():
    """90 cells of three types, ten of which are not known."""
    rng = np.random.default_rng(0)
    types = np.array(["a", "b", "c"] * 30)
    types[::9] = ""
    return Cells(
        counts=sparse.csr_matrix(rng.poisson(1.0, (90, 40)).astype(np.float32)),
        genes=np.array([f"G{i}" for i in range(40)]),
        types=types,
        batches=np.array(["x", "y"] * 45),
    )


def test_every_task_has_a_trivial_a_traditional_and_a_deep_way_on_the_same_cells():
    every = list(cases(list(METHODS), seeds=2))
    assert len(set(every)) == len(every)
    for task, methods in METHODS.items():
        assert {method.kind for method in methods.values()} == {"trivial", "traditional", "deep"}
        for dataset in DATASETS[task]:
            own = {(c.name, c.size, c.seed) for c in every if (c.task, c.dataset, c.way) == (task, dataset, SELF)}
            wanted = {n for n, m in methods.items() if SELF in m.ways and not (m.expressed or m.of_man)}
            assert {name for name, *_ in own} >= wanted
            assert len(own) == len({name for name, *_ in own}) * 3 * 2
    assert {c.dataset for c in every if c.way == PRE_TRAINED} <= OF_BLOOD
    # What tells a count given that there is one is not asked for hidden molecules.
    assert {c.dataset for c in every if c.name == "autoimpute"} == {"saver_zeisel", "saver_baron"}


def test_cells_that_are_named_teach_nothing(cells):
    for size in (10, None):
        taught, named = split(cells, size, seed=1)
        assert "" not in {*taught.types, *named.types}
        rows = {tuple(row) for row in taught.counts.toarray()}
        assert not rows & {tuple(row) for row in named.counts.toarray()}
        assert len(named.types) == 24
        assert len(taught.types) == (10 if size else 56)
    assert (split(cells, 10, seed=1)[1].counts != named.counts).nnz == 0  # the same, however many teach
    assert (split(cells, 10, seed=2)[1].counts != named.counts).nnz > 0


def test_what_is_explained_is_nothing_for_means_and_most_for_the_truth():
    rng = np.random.default_rng(0)
    rate = rng.gamma(0.5, 4, (300, 50)).astype(np.float32)
    hidden = sparse.csr_matrix(rng.poisson(rate / 9).astype(np.float32))
    means = np.tile(rate.mean(axis=0), (300, 1))
    assert explained(means, hidden, means) == 0
    assert 0.3 < explained(rate, hidden, means) < 1
    assert explained(rate[::-1], hidden, means) < 0


def test_a_table_says_the_mean_over_datasets_and_how_far_draws_lie_apart():
    found = {}
    for dataset, lift in (("kang_pbmc", 0.0), ("three_lines", 0.2)):
        for seed, value in ((0, 0.5), (1, 0.6)):
            for name in ("pca", "scvi"):
                case = Case(task="correct", dataset=dataset, way=SELF, size=200, seed=seed, name=name)
                figures = dict.fromkeys(("ilisi", "transfer", "clisi"), value + lift + (name == "scvi") / 10)
                found[case] = {
                    "figures": {"": figures},
                    "seconds": 2.0,
                    "cpu": 2.0,
                    "memory": 100.0,
                    "when": f"2026-11-2{seed}",
                }
    failed = Case(task="correct", dataset="kang_pbmc", way=SELF, size=1000, seed=0, name="desc")
    found[failed] = {"failed": "no memory", "when": "2026-11-20"}
    own = values(found, name="pca", way=SELF, variant="", figure="ilisi")
    assert own["three_lines", 200, 1] == pytest.approx(0.8)
    text = report("correct", found)
    assert "9 runs, made 2026-11-20 to 2026-11-21" in text
    assert "| nothing done: 30 principal components | trivial | 0.650 ± 0.050 | - |" in text
    assert "| scVI, batch in the decoder | deep | 0.750 ± 0.050 | - |" in text
    assert "mean of 2: 200 cells | mean of 2: 1,000 cells |" in text  # no run is of all
    assert "- DESC, these cells, kang_pbmc, 1000 cells, 0: no memory" in text
    assert "| scVI, batch in the decoder | 2.0 | - | 100 | - |" in text


def test_a_run_that_is_kept_is_found_again_and_every_kept_run_is_one_that_the_tables_ask_for(tmp_path):
    case = Case(task="embed", dataset="kang_pbmc", way=SELF, size=None, seed=1, name="pca")
    other = Case(task="embed", dataset="kang_pbmc", way=SELF, size=200, seed=0, name="scvi")
    made = {"figures": {"": {"knn": 0.123456}}, "cpu": 1.23, "memory": 77.7, "when": "2026-11-20"}
    record({case: made}, tmp_path)
    record({other: {"failed": "no memory", "when": "2026-11-21"}}, tmp_path)
    found = recall(["embed", "correct"], tmp_path)
    assert found[case]["figures"] == {"": {"knn": 0.1235}}
    assert found[other]["failed"] == "no memory"
    asked = {*cases(list(METHODS), seeds=3), *cases(["annotate"], seeds=3, sizes=few_labels.SIZES)}
    assert set(recall(list(METHODS), FOLDER)) <= asked


def test_a_point_of_the_picture_is_a_mean_of_the_table_and_calibrated_where_that_is_a_way(tmp_path):
    found = {}
    for dataset, lift in (("kang_pbmc", 0.0), ("zheng_pbmc14k_3500", 0.2)):
        for name, variants in (("knn", {"": 0.1}), ("scvi", {"": 0.2, "calibrated": 0.3})):
            case = Case(task="impute", dataset=dataset, way=SELF, size=200, seed=0, name=name)
            found[case] = {"figures": {said: {"explained": value + lift} for said, value in variants.items()}}
    # One dataset alone is no mean over both.
    alone = Case(task="impute", dataset="kang_pbmc", way=SELF, size=1000, seed=0, name="knn")
    found[alone] = {"figures": {"": {"explained": 9.0}}}
    # Another task of the same method says nothing of this one.
    other = Case(task="embed", dataset="kang_pbmc", way=SELF, size=200, seed=0, name="scvi")
    found[other] = {"figures": {"": {"explained": 9.0}, "calibrated": {"explained": 9.0}}}
    shown = points("impute", found, way=SELF, over=["kang_pbmc", "zheng_pbmc14k_3500"], figure="explained")
    assert shown == {"knn": {200: pytest.approx(0.2)}, "scvi": {200: pytest.approx(0.4)}}

    draw(recall(list(METHODS)), tmp_path / "tasks.svg")
    drawn = (tmp_path / "tasks.svg").read_text()
    # A colour a kind, on more points than there are methods.
    assert min(drawn.count(colour) for colour in COLOURS.values()) > len(DATASETS)
    assert drawn.count("<use") > sum(map(len, METHODS.values()))
