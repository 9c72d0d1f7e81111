"""Runs over methods, sizes and seeds; the records, tables and figures that come of them; verdicts by gene."""

import json
import math

import numpy as np
import pytest

from cellfill.errors import MissingDependencyError, UsageError
from cellfill.fitness import baselines as trivial
from cellfill_training.evaluation import extras, methods, tables
from cellfill_training.evaluation.by_gene.paired_tests import paired_tests
from cellfill_training.evaluation.by_gene.verdicts import as_tsv, gene_verdicts, headline
from cellfill_training.evaluation.cost import measured
from cellfill_training.evaluation.figures import drawing as figures
from cellfill_training.evaluation.records import Record, summarise
from cellfill_training.evaluation.run import evaluate_methods
from cellfill_training.evaluation.subjects import Subject, read_subject
from conftest import DATA
from training.small import programmes, study_of

TRIVIAL = {trivial.NONE, trivial.MEAN, trivial.NONZERO}


@pytest.fixture(scope="module")
def made():
    mean, counts, kind = programmes(cells=120, genes=40)
    return mean, study_of(counts), kind


def by_types(name="types", holes=()):
    """A method that knows the cells: the mean of the cells that are like it."""

    def mean(counts):
        dense = counts.toarray()
        like = np.corrcoef(np.log1p(dense)) > np.median(np.corrcoef(np.log1p(dense)))
        size = dense.sum(axis=1, keepdims=True)
        values = (like @ (dense / size)) / like.sum(axis=1, keepdims=True) * size + 0.01
        values[:, list(holes)] = np.nan
        return values

    return methods.of_function(name, mean, gives="expected")


def broken(_study):
    raise RuntimeError("no such\nluck")


@pytest.fixture(scope="module")
def found(made):
    _, study, kind = made
    subject = Subject(study=study, labels=kind.astype(str), truth=study.counts)
    return evaluate_methods(
        [by_types(), by_types("holes", holes=(2, 5)), methods.Method("broken", broken)],
        [subject],
        protocols=["masked", "molecules", "truth"],
        sizes=(60, None, 10_000),
        seeds=(0, 1),
    )


def test_every_method_has_the_trivial_ones_beside_it_at_every_size(found):
    for protocol in ("masked", "molecules", "truth"):
        own = [r for r in found.records if r.protocol == protocol]
        assert {r.method for r in own} == {"types", "holes", "broken", *TRIVIAL}
        assert {(r.cells, r.seed) for r in own} == {(60, 0), (60, 1), (120, 0), (120, 1)}


def test_a_method_that_fails_is_recorded_with_its_message(found):
    failed = [r for r in found.records if r.method == "broken"]
    assert {r.error for r in failed} == {"RuntimeError: no such luck"}
    assert len(failed) == 12
    assert not any(r.values for r in failed)
    assert all(r.values and not r.error for r in found.records if r.method in ("types", "holes"))


def test_single_entries_are_the_same_for_all_methods(found):
    masked = [r for r in found.records if r.protocol == "masked" and r.values and r.cells == 120]
    assert {r.values["genes"] for r in masked} == {38}
    assert len({(r.seed, r.values["entries"]) for r in masked}) == 2
    truth = [r for r in found.records if r.protocol == "truth" and r.values]
    assert {r.values["genes"] for r in truth} == {40}


def test_an_estimate_that_a_protocol_does_not_judge_is_said_not_dropped(found):
    unfit = [r for r in found.records if r.method == trivial.NONZERO and r.protocol == "molecules"]
    assert all("gives expressed only" in r.error for r in unfit)
    assert len(unfit) == 4


def test_a_better_method_scores_better(found):
    scores = {
        (s.method, s.read_out): s.mean for s in found.summaries() if s.protocol == "molecules" and s.cells == 120
    }
    ours, flat = scores["types", "expected"], scores[trivial.MEAN, "expected"]
    assert ours["poisson_loss"] < flat["poisson_loss"]
    assert ours["poisson_scaled"] > flat["poisson_scaled"]


def test_means_and_spreads_are_over_seeds():
    same = {"data": "d", "protocol": "masked", "method": "m", "share": 1.0, "read_out": "expressed", "cells": 5}
    records = [
        Record(**same, seed=seed, values={"mse": value}, seconds=1.0, peak_mb=2.0)
        for seed, value in enumerate([1.0, 2.0, 6.0])
    ]
    (summary,) = summarise(records)
    assert summary.mean["mse"] == 3
    assert summary.spread["mse"] == pytest.approx(math.sqrt(7))
    assert (summary.seeds, summary.cells) == (3, 5)
    (single,) = summarise(records[:1])
    assert math.isnan(single.spread["mse"])


def test_the_table_is_aligned_and_names_failures(found):
    text = tables.text_table(found)
    title, first = text.split("\n\n")[:2]
    header, *rows = first.splitlines()
    start = header.index("read-out")
    assert all(row[start - 2 : start] == "  " and row[start] != " " for row in rows)
    assert len({len(row) for row in [header, *rows] if "no figures" not in row}) == 1
    assert "no figures: RuntimeError: no such luck" in text
    assert "mean ± SD of 2 draws" in title


def test_json_holds_every_record_and_no_nan(found):
    told = json.loads(tables.to_json(found))
    assert len(told["records"]) == len(found.records)
    failed = next(r for r in told["records"] if r["error"])
    assert failed["seconds"] is None
    assert told["summaries"][0]["seeds"] == 2


def test_figures_are_drawn(found, tmp_path):
    written = figures.draw(found, tmp_path / "new" / "folder")
    assert sorted(p.name for p in written) == [
        "cells-made.png",
        "cost.png",
        "error-made.png",
        "true-imputed-made.png",
    ]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in written)


def test_the_learning_curve_by_share_is_drawn_where_there_are_shares(made, tmp_path):
    _, study, _ = made
    part = methods.Method("types", by_types().predict, share=0.5)
    found = evaluate_methods([by_types(), part], [study], protocols=["masked"], seeds=(0,))
    assert {r.share for r in found.records if r.method == "types"} == {0.5, 1.0}
    assert "share-made.png" in {p.name for p in figures.draw(found, tmp_path)}
    assert "types (50% of the cells)" in tables.text_table(found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": [by_types(), by_types()]}, "one name"),
        ({"studies": []}, "no study"),
        ({"protocols": ["clusters"]}, "--labels"),
        ({"protocols": ["truth"]}, "--truth-layer"),
        ({"protocols": ["differential"]}, "--simulation"),
        ({"protocols": ["luck"]}, "no protocol 'luck'"),
        ({"sizes": (1,)}, "at least 2"),
        ({"seeds": ()}, "one seed"),
        ({"min_detection": 2}, "from 0 to 1"),
    ],
)
def test_what_means_nothing_is_refused(made, changes, message):
    given = {"methods": [by_types()], "studies": [made[1]], "protocols": ["masked"], **changes}
    with pytest.raises(UsageError, match=message):
        evaluate_methods(given.pop("methods"), given.pop("studies"), **given)


def test_a_missing_package_is_named_with_its_extra():
    with pytest.raises(MissingDependencyError, match=r"pip install '.*training\[evaluate\]'"):
        extras.require("no_such_package", purpose="Drawing figures")


def test_cost_is_of_the_call():
    result, cost = measured(lambda: np.ones(30_000_000).sum())
    assert result == 30_000_000
    assert cost.seconds > 0
    assert math.isnan(cost.peak_mb) or cost.peak_mb > 200


def test_a_subject_is_read_with_its_labels_and_layers(tmp_path):
    import anndata

    adata = anndata.read_h5ad(DATA / "pbmc3k_400.h5ad")
    adata.layers["lossy"] = adata.X.copy()
    adata.layers["lossy"].data = np.minimum(adata.X.data, 2)
    adata.obs["some"] = adata.obs["cell_type"].astype(object).where(np.arange(adata.n_obs) >= 30, None)
    adata.write_h5ad(tmp_path / "x.h5ad")
    subject = read_subject(tmp_path / "x.h5ad", labels="some", truth_layer="X", observed_layer="lossy")
    assert subject.study.counts.shape == subject.truth.shape == (370, 900)
    assert subject.study.counts.max() == 2 < subject.truth.max()
    assert subject.labels.tolist() == adata.obs["cell_type"].astype(str)[30:].tolist()
    part = subject.draw(50, seed=0)
    assert (part.study.counts.toarray() == np.minimum(part.truth.toarray(), 2)).all()


def test_verdicts_say_which_genes_are_helped_and_which_harmed(made):
    mean, study, _ = made
    bad = mean.copy()
    bad[:, :10] = bad[:, :10] * 20 + 30
    told = methods.of_function("half", lambda _counts: bad, gives="expected")
    verdicts = gene_verdicts(told, study, np.arange(40))
    harmed, helped = verdicts[:10], verdicts[10:]
    assert {v.masked for v in harmed} == {v.molecules for v in harmed} == {"harms"}
    assert "harms" not in {v.molecules for v in helped}
    assert sum(v.molecules == "helps" for v in helped) > 10
    assert sum(v.masked == "helps" for v in helped) > 5
    assert all(v.loss < v.baseline_loss for v in helped if v.molecules == "helps")
    assert all(v.mse > v.baseline_mse for v in harmed)


def test_the_baseline_is_not_better_than_itself(made):
    _, study, _ = made
    verdicts = gene_verdicts(methods.baselines()[1], study, np.arange(40))
    assert {v.molecules for v in verdicts} == {"no difference shown"}
    assert "helps" not in {v.masked for v in verdicts}


def test_p_values_are_adjusted_for_the_number_of_genes():
    rng = np.random.default_rng(0)
    gene = np.repeat(np.arange(1000), 20)
    difference = rng.normal(0, 1, len(gene)) + 1.5 * (gene < 100)
    q, pairs = paired_tests(difference, gene, 1001)
    assert set(pairs[:1000]) == {20}
    assert np.isnan(q[1000])
    assert (q[:100] < 0.05).mean() > 0.95
    # A twentieth of the other 900 would be below 0.05 if it were not for the adjustment.
    assert (q[100:1000] < 0.05).sum() <= 12


def test_what_cannot_be_measured_is_said_so(made):
    mean, study, _ = made
    holes = mean.copy()
    holes[:, 3] = np.nan
    told = methods.of_function("holes", lambda _counts: holes, gives="expressed")
    verdicts = gene_verdicts(told, study, np.arange(6))
    assert verdicts[3].masked == "not measured"
    assert {v.molecules for v in verdicts} == {"not measured"}
    lines = as_tsv(verdicts).splitlines()
    assert len(lines) == 7
    assert lines[4].split("\t")[4] == ""
    assert "not measured 1" in headline(verdicts)
