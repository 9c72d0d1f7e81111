"""Naming cells: the answer, the cells that are unknown, and every way to run it."""

import csv
import json
import re
from dataclasses import replace

import anndata
import numpy as np
import pytest
from scipy import sparse

import cellfill
from cellfill.bundle import read_bundle
from cellfill.bundle.classes import CellClass, Classes
from cellfill.cli.summary_of_types import warnings
from cellfill.errors import GeneMatchError, TaskError, UsageError
from cellfill.fitness.heed import NOT_LOOKED_AT
from cellfill.genes.coverage import describe
from cellfill.tasks.annotation.answer import descend
from cellfill.tasks.annotation.columns import NO_COUNTS, UNLIKE
from cellfill.tasks.annotation.shares import estimate_shares, reweigh, weights_of
from cellfill.tasks.annotation.table import type_rows
from cellfill.tasks.annotation.unknown import typicality
from cellfill.tasks.annotation.verdict import gather_evidence, judge
from conftest import MODEL
from runtime import bundles
from runtime.tasks.known import known_cells, same


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bundles.make(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture
def cells():
    return known_cells()


def tree(*rows):
    return Classes([CellClass(name=name, parent=parent) for name, parent in rows])


BLOOD = tree(("T", ""), ("CD4", "T"), ("CD8", "T"), ("B", ""), ("naive B", "B"))  # leaves CD4, CD8, naive B


@pytest.mark.parametrize(
    ("row", "confidence", "level", "answer", "probability"),
    [
        ((0.8, 0.1, 0.1), 0.5, None, "CD4", 0.8),
        ((0.45, 0.45, 0.1), 0.5, None, "T", 0.9),
        ((0.45, 0.45, 0.1), 0.95, None, None, 0.9),
        ((0.1, 0.2, 0.7), 0.5, None, "naive B", 0.7),
        ((0.8, 0.1, 0.1), 0.5, 1, "T", 0.9),
        ((0.3, 0.3, 0.4), 0.5, None, "T", 0.6),  # the most probable leaf is none of it
        ((0.3, 0.3, 0.4), 0.0, None, "CD4", 0.3),
    ],
)
def test_an_answer_goes_down_the_tree_as_far_as_it_is_sure(row, confidence, level, answer, probability):
    rows, found = descend(BLOOD, np.array([row], np.float32), confidence=confidence, level=level)
    assert (None if rows[0] < 0 else BLOOD.names[rows[0]]) == answer
    assert found[0] == pytest.approx(probability)


def test_each_cell_gets_its_own_answer():
    rows, _ = descend(
        BLOOD, np.array([[0.9, 0, 0.1], [0, 0, 1], [0.4, 0.3, 0.3]], np.float32), confidence=0.6, level=None
    )
    assert [BLOOD.names[row] for row in rows] == ["CD4", "naive B", "T"]


def test_what_is_added(folder, cells):
    before = cells.copy()
    assert cellfill.annotate(cells, model=folder) is None
    leaves = ["CD4 T cell", "B cell", "CD8 T cell"]
    p = cells.obsm["cell_type_probabilities"]
    assert p.shape == (60, 3)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p[:-1].sum(axis=1), 1, atol=1e-5)
    assert np.isnan(p[-1]).all()
    assert cells.obs["cell_type"].dtype == "category"
    assert set(cells.obs["cell_type"]) <= {*leaves, "T cell", "unassigned"}
    for name, row, probability, reason in zip(
        cells.obs["cell_type"], p, cells.obs["cell_type_probability"], cells.obs["cell_type_reason"], strict=True
    ):
        if name in leaves:
            assert probability == row[leaves.index(name)] >= 0.5
            assert name == leaves[int(np.argmax(row))]
        elif name == "T cell":
            assert probability == pytest.approx(row[0] + row[2])
            assert row.max() < 0.5
        assert (name == "unassigned") == (reason != "")
    assert cells.obs["cell_type_reason"].iloc[-1] == NO_COUNTS
    record = cells.uns["cellfill_cell_type"]
    assert list(record["classes"]) == leaves
    assert sum(record["types"]["cells"]) == 60
    assert dict(zip(record["types"]["name"], record["types"]["cells"], strict=True)) == dict(
        cells.obs["cell_type"].value_counts()
    )
    assert (cells.X != before.X).nnz == 0
    cellfill.annotate(cells, model=folder, confidence=1.0)  # ours is replaced
    assert "CD4 T cell" not in set(cells.obs["cell_type"])


def test_genes_that_the_data_lack_are_unknown_not_zero(folder, cells):
    whole = cellfill.annotate(cells, model=folder, copy=True)
    few = known_cells(genes=slice(1, None))
    zeros = cells.copy()
    zeros.X = sparse.csr_matrix(cells.X.toarray() * (np.arange(cells.n_vars) > 0))
    found = [
        cellfill.annotate(data, model=folder, copy=True, min_coverage=0.0).obsm["cell_type_probabilities"][:-1]
        for data in (few, zeros)
    ]
    assert np.abs(found[0] - found[1]).max() > 0.01
    assert np.abs(found[0] - whole.obsm["cell_type_probabilities"][:-1]).max() > 0


def test_cells_unlike_any_type_are_unassigned_unless_not_asked(folder, tmp_path):
    def never(raw):
        raw["annotation"]["unknown"]["threshold"] = 1.0

    strict = bundles.make(tmp_path / "strict", manifest=never)
    cells = known_cells()
    cells.X[0] = cells.X[0] * 1  # a copy of its own
    odd = cellfill.annotate(cells, model=strict, copy=True)
    assert set(odd.obs["cell_type_reason"]) <= {UNLIKE, NO_COUNTS, ""}
    assert (odd.obs["cell_type_reason"] == UNLIKE).sum() > 30
    assert odd.uns["cellfill_cell_type"]["check"]["verdict"] == "does not fit"
    anyway = cellfill.annotate(cells, model=strict, copy=True, unknown=False)
    assert (anyway.obs["cell_type_reason"] == UNLIKE).sum() == 0
    assert anyway.uns["cellfill_cell_type"]["check"]["verdict"] == "not tested"


def test_how_typical_a_cell_is_does_not_depend_on_its_depth():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(200), 2).T.astype(np.float32)
    levels = (0.0, 0.5, 1.0)

    class Unknown:
        levels = (0.0, 0.5, 1.0)
        scores = ()

    measured = rng.random(200) < 0.7
    prepared = typicality(shares, measured, Unknown)
    for depth in (50, 5000):
        p = np.where(measured, shares[:, 0], 0)
        p = p.astype(np.float64) / p.sum(dtype=np.float64)
        drawn = sparse.csr_matrix(rng.multinomial(depth, p / p.sum(), 400).astype(np.float32))
        score = prepared._profile(drawn, np.zeros(400, dtype=np.intp))
        assert abs(score.mean()) < 4 * score.std() / 20, levels
        other = prepared._profile(drawn, np.ones(400, dtype=np.intp))
        assert other.mean() < -0.3


def test_how_typical_a_cell_is_is_the_product_of_its_ranks(folder):
    unknown = read_bundle(folder).manifest.annotation.unknown
    profile, energy = (next(s for s in unknown.scores if s.score == kind) for kind in ("profile", "energy"))
    assert unknown.levels[2:4] == (0.1, 0.5)
    prepared = typicality(None, np.ones(1, dtype=bool), unknown)
    scores = np.full(2, profile.row(0)[2])
    prepared = replace(prepared, log_shares=scores[None, :1], entropies=np.zeros(1))
    counts = sparse.csr_matrix(np.ones((2, 1), np.float32))
    energies = np.array([[energy.row(0)[3]], [energy.row(0)[-1] + 1]], dtype=np.float32)
    ranks = prepared.ranks(counts, np.zeros(2, dtype=np.intp), energies)
    np.testing.assert_allclose(ranks, [0.1 * 0.5, 0.1])


def test_shares_of_types_that_differ_from_training_are_found():
    rng = np.random.default_rng(1)
    truth = rng.choice(2, 4000, p=[0.9, 0.1])
    x = rng.normal(np.where(truth == 0, -1.0, 1.0), 1.0)
    p = 1 / (1 + np.exp(2 * x))  # trained on as many of both
    probabilities = np.stack([p, 1 - p], axis=1).astype(np.float32)
    trained = np.array([0.5, 0.5])
    found = estimate_shares(probabilities, trained)
    assert found[0] == pytest.approx(0.9, abs=0.02)
    assert abs(probabilities.mean(axis=0)[0] - 0.9) > 0.05  # the plain mean is not it
    np.testing.assert_allclose(reweigh(probabilities, found / trained).sum(axis=1), 1)


def test_a_rare_type_of_training_does_not_take_all_cells():
    probabilities = np.tile(np.array([[0.6, 0.4]], np.float32), (50, 1))
    trained = np.array([0.99, 0.01])
    assert estimate_shares(probabilities, trained)[1] == pytest.approx(0.1, abs=0.01)


def test_shares_change_probabilities_and_are_recorded(folder, cells):
    plain = cellfill.annotate(cells, model=folder, copy=True)
    found = cellfill.annotate(cells, model=folder, copy=True, shares=True)
    assert "shares" not in plain.uns["cellfill_cell_type"]
    assert sum(found.uns["cellfill_cell_type"]["shares"]) == pytest.approx(1)
    assert np.nanmax(np.abs(found.obsm["cell_type_probabilities"] - plain.obsm["cell_type_probabilities"])) > 1e-3


def test_a_table_says_which_types_look_off():
    types = ["B"] * 50 + ["T"] * 50 + ["unassigned"] * 5
    probability = np.full(105, 0.9, np.float32)
    typical = np.r_[np.linspace(0.01, 0.08, 50), np.linspace(0.05, 1, 50), np.zeros(5)].astype(np.float32)
    rows = type_rows(types, probability, typical, ["B", "T"])
    assert [(row.name, row.cells, row.off) for row in rows] == [
        ("B", 50, True),
        ("T", 50, False),
        ("unassigned", 5, False),
    ]
    assert not any(row.off for row in type_rows(types, probability, typical, ["T"]))  # B may be several


@pytest.mark.parametrize("form", ["h5ad", "zarr"])
def test_file_to_file_is_as_in_memory(folder, cells, tmp_path, form):
    getattr(cells, f"write_{form}")(tmp_path / f"in.{form}")
    report = cellfill.annotate_file(tmp_path / f"in.{form}", tmp_path / f"out.{form}", model=folder, block_size=7)
    written = getattr(anndata, f"read_{form}")(tmp_path / f"out.{form}")
    cellfill.annotate(cells, model=folder, block_size=7)
    same(cells, written)
    assert list(report.record["classes"]) == list(written.uns["cellfill_cell_type"]["classes"])


def test_a_run_that_was_cut_goes_on(folder, cells, tmp_path):
    cells.write_h5ad(tmp_path / "in.h5ad")

    def stop(done, _):
        if done > 20:
            raise KeyboardInterrupt

    options = {"model": folder, "block_size": 7, "resume": True}
    with pytest.raises(KeyboardInterrupt):
        cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", on_block=stop, **options)
    seen = []
    cellfill.annotate_file(
        tmp_path / "in.h5ad", tmp_path / "out.h5ad", on_block=lambda done, _: seen.append(done), **options
    )
    cellfill.annotate(cells, model=folder, block_size=7)
    same(cells, anndata.read_h5ad(tmp_path / "out.h5ad"))
    assert seen[0] <= 28  # what was done is not done again


def test_work_of_other_options_is_not_gone_on_with(folder, cells, tmp_path):
    cells.write_h5ad(tmp_path / "in.h5ad")

    def stop(*_):
        raise KeyboardInterrupt

    options = {"model": folder, "block_size": 7, "resume": True}
    with pytest.raises(KeyboardInterrupt):
        cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", on_block=stop, **options)
    with pytest.raises(UsageError, match="another"):
        cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", confidence=0.9, **options)


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.csv.gz"])
def test_a_table_has_a_row_a_cell(folder, cells, tmp_path, name):
    import gzip

    cells.write_h5ad(tmp_path / "in.h5ad")
    cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / name, model=folder)
    raw = (tmp_path / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t" if ".tsv" in name else ","))
    cellfill.annotate(cells, model=folder)
    assert [row["cell"] for row in rows] == list(cells.obs_names)
    assert [row["cell_type"] for row in rows] == list(cells.obs["cell_type"])
    found = [float(row["cell_type_probabilities:B cell"]) for row in rows[:-1]]
    np.testing.assert_allclose(found, cells.obsm["cell_type_probabilities"][:-1, 1], rtol=1e-4)
    assert rows[-1]["cell_type_probabilities:B cell"] == ""
    assert json.loads((tmp_path / f"{name}.cellfill.json").read_text())["key"] == "cell_type"


def test_lazy_counts_are_named_at_once(folder, cells):
    array = pytest.importorskip("dask.array")
    lazy = cells.copy()
    lazy.X = array.from_array(cells.X.toarray(), chunks=(20, cells.n_vars))
    cellfill.annotate(lazy, model=folder)
    cellfill.annotate(cells, model=folder)
    same(cells, lazy)


def test_labels_that_are_there_are_not_written_over(folder, cells):
    cells.obs["cell_type"] = "mine"
    with pytest.raises(UsageError, match=r"obs\['cell_type'\] already"):
        cellfill.annotate(cells, model=folder)
    assert list(cells.obsm) == []
    cellfill.annotate(cells, model=folder, key_added="named")
    assert set(cells.obs["cell_type"]) == {"mine"}
    assert "named_reason" in cells.obs


def test_a_model_that_names_no_cells_is_refused_before_the_data_are_read(tmp_path, cells):
    embeds = bundles.make(tmp_path / "embeds", tasks=("embed",))
    with pytest.raises(TaskError, match="does not name cell types: it can embed cells"):
        cellfill.annotate(cells, model=embeds)
    with pytest.raises(TaskError, match="does not name cell types"):
        cellfill.annotate(cells, model=MODEL)
    with pytest.raises(TaskError, match="does not impute"):
        cellfill.impute(cells, model=embeds)


def test_a_model_that_only_reads_names_cells(tmp_path, cells):
    names = bundles.make(tmp_path / "names", tasks=("annotate",))
    found = cellfill.annotate(cells, model=names, copy=True).obsm["cell_type_probabilities"]
    np.testing.assert_allclose(found[:-1].sum(axis=1), 1, atol=1e-5)
    coverage = cellfill.load(names).align(cells)
    assert coverage.verdict == "good"
    assert "fill" not in describe(coverage)


def test_a_cell_whose_counts_the_graph_does_not_read_is_not_named(folder, cells):
    unread = [row[0] or row[1] for row in bundles.genes()[1:] if row[3] == "target"]
    counts = cells.X.toarray()
    counts[0, [i for i, name in enumerate(cells.var_names) if name not in unread]] = 0
    counts[0, [i for i, name in enumerate(cells.var_names) if name in unread]] = 5
    cells.X = sparse.csr_matrix(counts)
    cellfill.annotate(cells, model=folder, unknown=False)
    assert cells.obs["cell_type_reason"].iloc[0] == NO_COUNTS
    assert cells.obs["cell_type"].iloc[0] == "unassigned"
    cellfill.embed(cells, model=folder, key_added="X_small")
    assert np.isnan(cells.obsm["X_small"][0]).all()
    assert np.isfinite(cells.obsm["X_small"][1]).all()


def test_too_few_genes_are_refused(folder, cells, tmp_path):
    names = bundles.make(tmp_path / "names", tasks=("annotate",))
    other = cells.copy()
    other.var_names = [f"nothing{i}" for i in range(other.n_vars)]
    for model in (folder, names):
        with pytest.raises(GeneMatchError):
            cellfill.annotate(cells[:, :1].copy(), model=model)
        with pytest.raises(GeneMatchError, match="Ensembl ids or gene symbols"):
            cellfill.annotate(other, model=model)


def test_an_index_of_that_name_is_not_written_over(folder, cells, tmp_path):
    cells.obs.index.name = "cell_type"
    cells.write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(UsageError, match=r"obs\['cell_type'\] already"):
        cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["in.h5ad"]


@pytest.mark.parametrize("strange", [{"task": np.array(["a", "b"])}, {"key": np.array([1.0, 2.0])}])
def test_a_record_that_is_none_of_ours_is_not_written_over(folder, cells, strange):
    cells.uns["cellfill_cell_type"] = {"cellfill_version": "0", "task": "annotate", "key": "cell_type"} | strange
    with pytest.raises(UsageError, match="not written by cellfill"):
        cellfill.annotate(cells, model=folder)


def test_a_table_of_counts_is_not_replaced_by_one_of_types(folder, cells, tmp_path):
    table = tmp_path / "counts.csv"
    cells.to_df().to_csv(table)
    before = table.read_bytes()
    with pytest.raises(UsageError, match="holds the counts"):
        cellfill.annotate_file(table, table, model=folder, overwrite=True)
    assert table.read_bytes() == before


@pytest.mark.parametrize("call", [cellfill.annotate_file, cellfill.embed_file])
def test_too_few_cells_to_tell_are_said_even_to_who_wants_to_hear_nothing(folder, cells, tmp_path, call):
    cells[:1].copy().write_h5ad(tmp_path / "in.h5ad")
    (line,) = warnings(call(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=folder))
    assert re.fullmatch(r"WARNING +The model could not be tried on these cells\. Only 1 cell has counts .*", line)


def test_python_warns_of_too_few_cells_to_tell(folder, cells):
    with pytest.warns(cellfill.FitWarning, match="could not be tried on these cells. Only 19 cells have"):
        cellfill.annotate(cells[:19].copy(), model=folder)


@pytest.mark.filterwarnings("error::cellfill.FitWarning")
def test_what_nobody_asked_for_needs_no_warning(folder, cells, tmp_path):
    cells = cells[:19].copy()
    cells.write_h5ad(tmp_path / "in.h5ad")
    cellfill.annotate(cells, model=folder, unknown=False)
    assert cells.uns["cellfill_cell_type"]["check"]["verdict"] == "not tested"
    done = cellfill.annotate_file(tmp_path / "in.h5ad", tmp_path / "out.h5ad", model=folder, unknown=False)
    assert warnings(done) == []


def test_cells_without_counts_are_too_few_and_not_unasked_for():
    nothing = np.full((2, 3), np.nan, dtype=np.float32)
    few = {"coverage": 1.0, "genes": 1.0, "unsure": 0, "shallow": 0}
    verdict, (why,) = judge(gather_evidence([NO_COUNTS] * 2, nothing, [], tested=True, **few))
    assert (verdict, why[:36]) == ("not tested", "No cell has counts in the model's ge")
    assert judge(gather_evidence([NO_COUNTS] * 2, nothing, [], tested=False, **few))[1] == (NOT_LOOKED_AT,)


def test_types_that_training_never_saw_are_not_expected():
    probabilities = np.array([[0.5, 0.4, 0.1], [0.0, 0.0, 1.0]], np.float32)
    trained = np.array([0.5, 0.5, 0.0])
    found = estimate_shares(probabilities, trained)
    assert np.isfinite(found).all()
    assert found[2] == 0
    assert np.isfinite(reweigh(probabilities, found)).all()


@pytest.mark.parametrize(
    "options",
    [{"shares": "False"}, {"unknown": np.array([1, 0])}, {"level": 10**20}, {"level": 0}, {"confidence": 2}],
)
def test_options_that_mean_nothing_are_refused(folder, cells, options):
    with pytest.raises(UsageError, match=next(iter(options))):
        cellfill.annotate(cells, model=folder, **options)
    assert list(cells.obsm) == []


def test_the_record_says_what_was_asked_for(folder, cells):
    cellfill.annotate(cells, model=folder, unknown=False, confidence=0.7)
    said = cells.uns["cellfill_cell_type"]["options"]
    assert said == {"confidence": 0.7, "unknown": False, "shares": False}


def test_a_model_is_said_in_a_line(folder):
    said = repr(cellfill.load(folder))
    assert said.startswith("<Model small")
    assert "annotate" in said
    assert len(said) < 300


def test_the_record_of_another_task_does_not_let_a_column_be_written_over(folder, cells):
    cellfill.annotate(cells, model=folder, key_added="foo")
    cells.obsm["foo"] = np.ones((60, 2))
    with pytest.raises(UsageError, match="foo"):
        cellfill.embed(cells, model=folder, key_added="foo")
    assert (cells.obsm["foo"] == 1).all()
    assert "types" in cells.uns["cellfill_foo"]


def test_shares_of_types_that_training_hardly_saw_are_numbers():
    probabilities = np.array([[0.5, 0.4, 0.1]] * 9, np.float32)
    trained = np.array([0.5, 0.5, 5e-324])
    with np.errstate(all="raise"):
        found = estimate_shares(probabilities, trained)
        weighed = reweigh(probabilities, weights_of(found, trained))
    assert found.sum() == pytest.approx(1)
    assert np.isfinite(weighed).all()


def test_a_level_that_the_tree_has_not_is_refused(folder, cells):
    with pytest.raises(UsageError, match="level is 3, and the tree of types of small has 2"):
        cellfill.annotate(cells, model=folder, level=3)
    cellfill.annotate(cells, model=folder, level=2)


def test_a_model_that_knows_no_symbols_says_what_to_do(tmp_path, cells):
    def ids_alone(table):
        rows = [line.split("\t") for line in table.decode().splitlines()]
        for row in rows[1:]:
            row[1:3] = "", ""
        return "".join("\t".join(row) + "\n" for row in rows).encode()

    model = bundles.make(tmp_path / "ids", tasks=("annotate",), genes=ids_alone)
    cells.var_names = [f"CD{i}" for i in range(cells.n_vars)]
    with pytest.raises(GeneMatchError, match="Ensembl ids, since the model knows no symbols: add a column of var"):
        cellfill.annotate(cells, model=model)
